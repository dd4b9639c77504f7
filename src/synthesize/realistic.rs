//! Makes a synthesized event realistic (full paths, matching arguments) while keeping every
//! constraint.

use super::event_builder::Fields;
use super::sample_values::{SampleField, System};
use super::search::{PartialEvent, Search};
use crate::event::Scalar;

/// Replaces bare names by full paths and completes arguments, where all tests still hold.
pub(super) fn make_realistic(search: &Search<'_>, state: &mut PartialEvent<'_>) {
    for process in ["process", "process.parent"] {
        let (name, executable) = (format!("{process}.name"), format!("{process}.executable"));
        whole_path(search, state, &name, &executable, program_folder);
        args(search, state, process);
    }
    whole_path(search, state, "dll.name", "dll.path", library_folder);
    whole_path(search, state, "file.name", "file.path", home_folder);
    extension(search, state);
}

/// Applies a change, and reverts it if a settled test no longer holds.
fn keep(search: &Search<'_>, state: &mut PartialEvent<'_>, change: impl FnOnce(&mut Fields)) {
    let before = state.clone();
    state.change(change);
    if !search.holds(state) {
        *state = before;
    }
}

/// Sets a full path instead of the name that is derived from it.
fn whole_path(
    search: &Search<'_>,
    state: &mut PartialEvent<'_>,
    name: &str,
    path: &str,
    folder: fn(&str, System) -> &'static str,
) {
    let builder = state.builder();
    let Some([Scalar::Text(text)]) = builder.fields.get(name).map(Vec::as_slice) else {
        return;
    };
    if !builder.can_set(path) {
        return;
    }
    let folder = match builder.fields.get(path).map(Vec::as_slice) {
        None => folder(text, builder.system()).to_owned(),
        Some([Scalar::Text(whole)]) => {
            let base = whole.rfind(['\\', '/']).map_or(0, |at| at + 1);
            whole.get(..base).unwrap_or_default().to_owned()
        }
        Some(_) => return,
    };
    let whole = Scalar::text(format!("{folder}{text}"));
    keep(search, state, |fields| {
        fields.remove(name);
        fields.insert(path.to_owned(), vec![whole]);
    });
}

/// The program before its arguments.
fn args(search: &Search<'_>, state: &mut PartialEvent<'_>, process: &str) {
    let path = format!("{process}.args");
    let Some(args) = state
        .builder()
        .fields
        .get(&path)
        .filter(|args| !args.is_empty())
    else {
        return;
    };
    let name = state
        .event()
        .values(&format!("{process}.name"))
        .first()
        .cloned();
    let sample = SampleField::new("process.name", state.builder().system());
    let Some(name) = name.or_else(|| sample.values(None).into_iter().next()) else {
        return;
    };
    if args.first() == Some(&name) {
        return;
    }
    // Of another program: its place is taken.
    let other = |first: &Scalar| first.to_string().to_lowercase().ends_with(".exe");
    let rest = args
        .iter()
        .skip(usize::from(args.first().is_some_and(other)));
    let args: Vec<Scalar> = std::iter::once(name).chain(rest.cloned()).collect();
    keep(search, state, |fields| {
        fields.insert(path, args);
    });
}

/// Puts the program in front of command lines that the change touched.
pub(super) fn command_lines(search: &Search<'_>, state: &mut PartialEvent<'_>, before: &Fields) {
    for process in ["process", "process.parent"] {
        let path = format!("{process}.command_line");
        if state.builder().fields.get(&path) != before.get(&path) {
            line(search, state, process);
        }
    }
}

fn line(search: &Search<'_>, state: &mut PartialEvent<'_>, process: &str) {
    let path = format!("{process}.command_line");
    let Some([Scalar::Text(line)]) = state.builder().fields.get(&path).map(Vec::as_slice) else {
        return;
    };
    let name = state.event().values(&format!("{process}.name")).first();
    let Some(Scalar::Text(name)) = name else {
        return;
    };
    if line.starts_with(&**name) {
        return;
    }
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = if matches!(first, "sample.exe" | "sample" | "") {
        rest
    } else {
        line
    };
    let line = Scalar::text(format!("{name} {rest}"));
    keep(search, state, |fields| {
        fields.insert(path, vec![line]);
    });
}

/// A path instead of the extension that follows from it.
fn extension(search: &Search<'_>, state: &mut PartialEvent<'_>) {
    let fields = &state.builder().fields;
    let Some([Scalar::Text(extension)]) = fields.get("file.extension").map(Vec::as_slice) else {
        return;
    };
    if fields.contains_key("file.path") || fields.contains_key("file.name") {
        return;
    }
    let folder = home_folder("", state.builder().system());
    let whole = Scalar::text(format!("{folder}sample.{extension}"));
    keep(search, state, |fields| {
        fields.remove("file.extension");
        fields.insert("file.path".to_owned(), vec![whole]);
    });
}

fn program_folder(name: &str, system: System) -> &'static str {
    match system {
        System::Windows => match name.to_lowercase().as_str() {
            "powershell.exe" | "powershell_ise.exe" => {
                r"C:\Windows\System32\WindowsPowerShell\v1.0\"
            }
            "wmiprvse.exe" | "wmic.exe" | "scrcons.exe" | "mofcomp.exe" => {
                r"C:\Windows\System32\wbem\"
            }
            "explorer.exe" | "regedit.exe" => r"C:\Windows\",
            "winword.exe" | "excel.exe" | "powerpnt.exe" | "outlook.exe" => {
                r"C:\Program Files\Microsoft Office\root\Office16\"
            }
            "chrome.exe" => r"C:\Program Files\Google\Chrome\Application\",
            _ => r"C:\Windows\System32\",
        },
        System::Linux | System::MacOs => "/usr/bin/",
    }
}

fn library_folder(_: &str, system: System) -> &'static str {
    match system {
        System::Windows => r"C:\Windows\System32\",
        System::Linux | System::MacOs => "/usr/lib/",
    }
}

fn home_folder(_: &str, system: System) -> &'static str {
    match system {
        System::Windows => r"C:\Users\ada\Documents\",
        System::Linux => "/home/ada/",
        System::MacOs => "/Users/ada/",
    }
}
