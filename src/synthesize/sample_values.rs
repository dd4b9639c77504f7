//! Realistic sample values by field, so that a generated scenario reads as a hand-written one.
//! Whether a value satisfies the constraints is decided elsewhere.

use crate::event::Scalar;
use crate::event::field::Family;

/// The family of operating systems that an event is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Windows,
    Linux,
    MacOs,
}

impl System {
    /// By the value of `host.os.type`; Windows where it says nothing.
    pub(super) fn named(name: Option<&str>) -> Self {
        match name {
            Some("linux") => Self::Linux,
            Some("macos") => Self::MacOs,
            _ => Self::Windows,
        }
    }
}

/// A field on an operating system, for which sample values are proposed.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleField<'f> {
    path: &'f str,
    system: System,
}

impl<'f> SampleField<'f> {
    pub(super) fn new(path: &'f str, system: System) -> Self {
        Self { path, system }
    }

    pub(super) fn system(&self) -> System {
        self.system
    }

    fn last(&self) -> &'f str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// Whether it holds the path or the name of a program.
    pub(super) fn is_program(&self) -> bool {
        self.path.contains("process") && matches!(self.last(), "executable" | "name")
    }

    /// Whether it holds a line of words.
    pub(super) fn is_line(&self) -> bool {
        matches!(
            self.last(),
            "command_line" | "title" | "message" | "script_block_text"
        )
    }

    /// Whether it holds the name of a host.
    pub(super) fn is_domain(&self) -> bool {
        self.path == "dns.question.name"
            || matches!(self.last(), "domain" | "registered_domain" | "server_name")
                && !self.path.contains("user")
    }

    /// Whether several values at once are usual.
    pub(super) fn is_list(&self) -> bool {
        matches!(
            self.path,
            "process.args" | "process.parent.args" | "event.category" | "event.type" | "tags"
        ) || matches!(self.last(), "ip" | "strings" | "roles" | "PrivilegeList")
    }

    /// Values, the likeliest first.
    pub(super) fn values(&self, family: Option<Family>) -> Vec<Scalar> {
        let texts = |texts: &[&str]| texts.iter().map(|text| Scalar::text(*text)).collect();
        let numbers = |numbers: &[&str]| {
            let numbers = numbers
                .iter()
                .map(|number| Scalar::Number((*number).into()));
            numbers.collect()
        };
        match family {
            Some(Family::Boolean) => vec![Scalar::Bool(true), Scalar::Bool(false)],
            Some(Family::Number) => numbers(self.numbers()),
            Some(Family::Ip) => texts(self.addresses()),
            Some(Family::Date) => texts(&["2024-01-01T00:00:00Z", "2023-06-01T12:00:00Z"]),
            Some(Family::Version) => texts(&["1.2.3", "2.0.0"]),
            Some(Family::Text) | None => texts(self.texts()),
        }
    }

    fn numbers(&self) -> &'static [&'static str] {
        match self.last() {
            "port" if self.path.starts_with("source") => &["50112", "443", "22"],
            "port" => &["443", "8080", "49667", "22"],
            "pid" | "id" => &["4242", "4711", "1"],
            "args_count" => &["2", "1", "3", "5"],
            _ => &["1", "0", "2", "10", "100", "1000", "100000"],
        }
    }

    fn addresses(&self) -> &'static [&'static str] {
        if self.path.starts_with("destination") {
            &["89.160.20.112", "10.0.7.40", "127.0.0.1", "2a02:cf40::1"]
        } else {
            &["10.0.5.23", "89.160.20.112", "127.0.0.1", "2a02:cf40::1"]
        }
    }

    fn of<T>(&self, windows: T, linux: T, macos: T) -> T {
        match self.system {
            System::Windows => windows,
            System::Linux => linux,
            System::MacOs => macos,
        }
    }

    /// What a field of a process holds.
    fn of_process(&self) -> Option<&'static [&'static str]> {
        let of = |windows, linux, macos| self.of(windows, linux, macos);
        Some(match self.last() {
            "executable" => of(
                &[
                    r"C:\Users\ada\Downloads\sample.exe",
                    r"C:\Windows\System32\notepad.exe",
                    r"C:\ProgramData\Sample\sample.exe",
                    r"D:\Tools\sample.exe",
                ][..],
                &[
                    "/usr/local/bin/sample",
                    "/usr/bin/less",
                    "/tmp/sample",
                    "/opt/sample/bin/sample",
                ][..],
                &[
                    "/Users/ada/Downloads/sample",
                    "/usr/bin/less",
                    "/tmp/sample",
                    "/Applications/Sample.app/Contents/MacOS/Sample",
                ][..],
            ),
            "name" => of(
                &["sample.exe", "notepad.exe", "update.exe"][..],
                &["sample", "less", "update"][..],
                &["sample", "less", "update"][..],
            ),
            "command_line" => of(
                &["sample.exe -x", r"notepad.exe C:\Users\ada\notes.txt"][..],
                &["sample -x", "less /home/ada/notes.txt"][..],
                &["sample -x", "less /Users/ada/notes.txt"][..],
            ),
            "args" => &["-x", "--verbose", "list"],
            "entity_id" => &["process-1", "process-2", "process-3"],
            "working_directory" => of(
                &[r"C:\Users\ada\"][..],
                &["/home/ada"][..],
                &["/Users/ada"][..],
            ),
            _ => return None,
        })
    }

    fn texts(&self) -> &'static [&'static str] {
        if self.path.contains("process")
            && let Some(texts) = self.of_process()
        {
            return texts;
        }
        let of = |windows, linux, macos| self.of(windows, linux, macos);
        match self.last() {
            "id" if self.path.starts_with("user") => of(
                &[
                    "S-1-5-21-1004-1177-6820-1105",
                    "S-1-5-21-1004-1177-6820-1190",
                    "S-1-5-18",
                ][..],
                &["1000", "1001", "0"][..],
                &["501", "502", "0"][..],
            ),
            "name" if self.path.starts_with("user") => &["ada", "grace", "svc-backup"],
            "domain" if self.path.starts_with("user") => &["CORP", "LAB"],
            "id" | "name" if self.path.starts_with("host") => &["host-1", "host-2"],
            "type" if self.path == "event.type" => &["change", "info", "end"],
            "category" if self.path == "event.category" => &["file", "process"],
            "action" if self.path == "event.action" => &["other"],
            "type" if self.path == "host.os.type" => &["windows", "linux", "macos"],
            "domain" => &["files.example.com", "example.net"],
            "name" if self.path.starts_with("dns") => &["files.example.com", "example.net"],
            "path" if self.path.starts_with("registry") => &[
                r"HKEY_LOCAL_MACHINE\Software\Sample\Setting",
                r"HKEY_USERS\S-1-5-21-1004-1177-6820-1105\Software\Sample\Setting",
            ],
            "key" => &[r"Software\Sample"],
            "value" => &["Setting", "Other"],
            "strings" => &["sample", "1"],
            "path" | "original" if self.path.contains("path") || self.path.starts_with("file") => {
                of(
                    &[
                        r"C:\Users\ada\Documents\sample.txt",
                        r"C:\Users\ada\Downloads\sample.exe",
                        r"C:\ProgramData\Sample\sample.dll",
                    ][..],
                    &[
                        "/home/ada/sample.txt",
                        "/tmp/sample",
                        "/opt/sample/lib/sample.so",
                    ][..],
                    &[
                        "/Users/ada/sample.txt",
                        "/tmp/sample",
                        "/Library/Sample/sample.plist",
                    ][..],
                )
            }
            "extension" => &["txt", "exe", "docx"],
            "name" if self.path.starts_with("file") => &["sample.txt", "sample.exe", "notes.docx"],
            "name" if self.path.starts_with("dll") => &["sample.dll", "other.dll"],
            "subject_name" => &["Example Corporation", "Sample Software"],
            "status" => &["trusted", "errorExpired"],
            "outcome" => &["success", "failure"],
            "direction" => &["egress", "ingress"],
            "transport" | "iana_number" => &["tcp", "udp"],
            "protocol" => &["http", "tls"],
            "sha256" => &["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            "md5" => &["098f6bcd4621d373cade4e832627b4f6"],
            "integrity_level_name" | "IntegrityLevel" => &["High", "Medium", "System"],
            "name" => &["sample", "other"],
            "country_iso_code" => &["DE", "CA"],
            _ => &["sample", "other", "third", "1"],
        }
    }
}
