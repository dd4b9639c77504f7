//! Forty one-line edits of the WMI rule, each of which changes what it detects: every one must
//! make `CI=1 trapline test` exit 1 and name a case that noticed, and the file restored exits 0.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// What is edited, the text before, the text after, and a case that must be named.
const EDITS: &[(&str, &str, &str, &str)] = &[
    // The sequence.
    (
        "maxspan 1 s shorter",
        "maxspan = 2s",
        "maxspan = 1s",
        "at maxspan exactly",
    ),
    (
        "maxspan 1 s longer",
        "maxspan = 2s",
        "maxspan = 3s",
        "three seconds later",
    ),
    (
        "maxspan 1 ms shorter",
        "maxspan = 2s",
        "maxspan = 1999ms",
        "at maxspan exactly",
    ),
    (
        "maxspan 1 ms longer",
        "maxspan = 2s",
        "maxspan = 2001ms",
        "past maxspan",
    ),
    ("no maxspan", " with maxspan = 2s", "", "past maxspan"),
    (
        "no join key",
        "sequence by host.id with",
        "sequence with",
        "another host",
    ),
    (
        "another join key",
        "by host.id",
        "by agent.id",
        "another host",
    ),
    // Stage 1.
    (
        "stage 1 any category",
        "[network where",
        "[process where",
        "remote WMI starts PowerShell",
    ),
    (
        "stage 1 os negated",
        r#"[network where host.os.type == "windows""#,
        r#"[network where host.os.type != "windows""#,
        "remote WMI starts PowerShell",
    ),
    (
        "stage 1 os dropped",
        r#"[network where host.os.type == "windows" and"#,
        "[network where",
        "connection seen on another system",
    ),
    (
        "svchost negated",
        r#"process.name : "svchost.exe""#,
        r#"not process.name : "svchost.exe""#,
        "remote WMI starts PowerShell",
    ),
    (
        "svchost dropped",
        r#"process.name : "svchost.exe" and "#,
        "",
        "accepted by another process",
    ),
    (
        "svchost case-sensitive",
        r#"process.name : "svchost.exe""#,
        r#"process.name == "svchost.exe""#,
        "names in capitals",
    ),
    (
        "svchost widened",
        r#"process.name : "svchost.exe""#,
        r#"process.name : "*s*.exe""#,
        "accepted by another process",
    ),
    (
        "direction without incoming",
        r#"("incoming", "ingress")"#,
        r#"("ingress")"#,
        "older direction value",
    ),
    (
        "direction without ingress",
        r#"("incoming", "ingress")"#,
        r#"("incoming")"#,
        "remote WMI starts PowerShell",
    ),
    (
        "direction dropped",
        r#" and network.direction : ("incoming", "ingress")"#,
        "",
        "outgoing connection",
    ),
    (
        "direction exact",
        r#"network.direction : ("incoming", "ingress")"#,
        r#"network.direction in ("incoming", "ingress")"#,
        "direction in capitals",
    ),
    (
        "IPv4 localhost negated",
        r#"source.ip != "127.0.0.1""#,
        r#"source.ip == "127.0.0.1""#,
        "remote WMI starts PowerShell",
    ),
    (
        "IPv4 localhost dropped",
        r#"source.ip != "127.0.0.1" and "#,
        "",
        "from localhost / IPv4",
    ),
    (
        "IPv4 localhost widened",
        r#"source.ip != "127.0.0.1""#,
        r#"source.ip != "127.0.0.0/8""#,
        "from a neighbour of localhost / IPv4",
    ),
    (
        "IPv6 localhost negated",
        r#"source.ip != "::1""#,
        r#"source.ip == "::1""#,
        "remote WMI starts PowerShell",
    ),
    (
        "IPv6 localhost dropped",
        r#"and source.ip != "::1""#,
        "",
        "from localhost / IPv6",
    ),
    (
        "source port one lower",
        "source.port >= 49152",
        "source.port >= 49151",
        "source port below the dynamic range",
    ),
    (
        "source port one higher",
        "source.port >= 49152",
        "source.port >= 49153",
        "source port at the edge of the dynamic range",
    ),
    (
        "source port negated",
        "source.port >= 49152",
        "source.port < 49152",
        "remote WMI starts PowerShell",
    ),
    (
        "destination port one lower",
        "destination.port >= 49152",
        "destination.port >= 49151",
        "destination port below the dynamic range",
    ),
    (
        "destination port strict",
        "destination.port >= 49152",
        "destination.port > 49152",
        "destination port at the edge of the dynamic range",
    ),
    // Stage 2.
    (
        "stage 2 os dropped",
        r#"[process where host.os.type == "windows" and"#,
        "[process where",
        "process seen on another system",
    ),
    (
        "event type negated",
        r#"event.type == "start""#,
        r#"event.type != "start""#,
        "remote WMI starts PowerShell",
    ),
    (
        "event type dropped",
        r#"event.type == "start" and "#,
        "",
        "the process ends",
    ),
    (
        "parent negated",
        r#"process.parent.name : "WmiPrvSE.exe""#,
        r#"not process.parent.name : "WmiPrvSE.exe""#,
        "remote WMI starts PowerShell",
    ),
    (
        "parent dropped",
        r#"and process.parent.name : "WmiPrvSE.exe" and"#,
        "and",
        "another parent",
    ),
    (
        "parent case-sensitive",
        r#"process.parent.name : "WmiPrvSE.exe""#,
        r#"process.parent.name == "WmiPrvSE.exe""#,
        "names in capitals",
    ),
    (
        "Defend's integrity dropped",
        r#"(?process.Ext.token.integrity_level_name : "System" or "#,
        "(",
        "System integrity",
    ),
    (
        "Defend's integrity case-sensitive",
        r#"?process.Ext.token.integrity_level_name : "System""#,
        r#"?process.Ext.token.integrity_level_name == "System""#,
        "System integrity as Defend writes it",
    ),
    (
        "Sysmon's integrity dropped",
        r#" or ?winlog.event_data.IntegrityLevel : "System")"#,
        ")",
        "System integrity",
    ),
    (
        "integrity no longer excluded",
        "not (?process.Ext",
        "(?process.Ext",
        "remote WMI starts PowerShell",
    ),
    (
        "SYSTEM no longer excluded",
        r#""S-1-5-18", "#,
        "",
        "well-known accounts / SYSTEM",
    ),
    (
        "LOCAL SERVICE no longer excluded",
        r#", "S-1-5-19""#,
        "",
        "well-known accounts / LOCAL SERVICE",
    ),
    (
        "NETWORK SERVICE no longer excluded",
        r#", "S-1-5-20""#,
        "",
        "well-known accounts / NETWORK SERVICE",
    ),
    (
        "accounts widened",
        r#""S-1-5-20""#,
        r#""S-1-5-2*""#,
        "remote WMI starts PowerShell",
    ),
    (
        "HP WBEM no longer excluded",
        r#"("?:\\Program Files\\HPWBEM\\Tools\\hpsum_swdiscovery.exe","#,
        "(",
        "management agents / HP WBEM discovery",
    ),
    (
        "SCCM no longer excluded",
        r#""?:\\Windows\\CCM\\Ccm32BitLauncher.exe","#,
        "",
        "management agents / SCCM 32-bit launcher",
    ),
    (
        "mofcomp no longer excluded",
        r#""?:\\Windows\\System32\\wbem\\mofcomp.exe","#,
        "",
        "management agents / MOF compiler",
    ),
    (
        "mofcomp widened",
        r#""?:\\Windows\\System32\\wbem\\mofcomp.exe""#,
        r#""*\\mofcomp.exe""#,
        "look-alikes of management agents / MOF compiler elsewhere",
    ),
    (
        "csc no longer excluded",
        r#""?:\\Windows\\Microsoft.NET\\Framework*\\csc.exe","#,
        "",
        "management agents / C# compiler",
    ),
    (
        "csc narrowed",
        r#"Framework*\\csc.exe"#,
        r#"Framework\\*\\csc.exe"#,
        "management agents / C# compiler, 64 bit",
    ),
    (
        "powercfg no longer excluded",
        r#""?:\\Windows\\System32\\powercfg.exe")"#,
        r#""?:\\Windows\\System32\\other.exe")"#,
        "management agents / power configuration",
    ),
    (
        "powercfg on drive C only",
        r#""?:\\Windows\\System32\\powercfg.exe""#,
        r#""C:\\Windows\\System32\\powercfg.exe""#,
        "management agents / power configuration on another drive",
    ),
    (
        "msiexec's argument dropped",
        r#" and process.args : "REBOOT=ReallySuppress")"#,
        ")",
        "msiexec without a suppressed reboot",
    ),
    (
        "msiexec's program dropped",
        r#"(process.executable : "?:\\Windows\\System32\\msiexec.exe" and "#,
        "(",
        "a suppressed reboot of another program",
    ),
    (
        "msiexec's and is an or",
        r#"msiexec.exe" and process.args"#,
        r#"msiexec.exe" or process.args"#,
        "msiexec without a suppressed reboot",
    ),
    (
        "appcmd's argument dropped",
        r#" and process.args : "uninstall")"#,
        ")",
        "appcmd adds a module",
    ),
    (
        "appcmd's program dropped",
        r#"(process.executable : "?:\\Windows\\System32\\inetsrv\\appcmd.exe" and "#,
        "(",
        "another program asked to uninstall",
    ),
    (
        "appcmd no longer excluded",
        r#"not (process.executable : "?:\\Windows\\System32\\inetsrv"#,
        r#"(process.executable : "?:\\Windows\\System32\\inetsrv"#,
        "remote WMI starts PowerShell",
    ),
];

#[test]
fn every_one_line_edit_of_the_rule_is_noticed_and_nothing_is_written() {
    let project = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [
        "rules/windows",
        "scenarios/windows",
        "scenarios/windows/__snapshots__",
    ] {
        fs::create_dir_all(project.path().join(folder)).unwrap();
    }
    let rule = "rules/windows/lateral_movement_incoming_wmi.toml";
    for file in [
        rule,
        "scenarios/windows/lateral_movement_incoming_wmi.yaml",
        "scenarios/windows/__snapshots__/lateral_movement_incoming_wmi.snap",
    ] {
        fs::copy(root.join(file), project.path().join(file)).unwrap();
    }
    let original = fs::read_to_string(root.join(rule)).unwrap();
    let mut unnoticed = Vec::new();
    for (name, from, to, case) in EDITS {
        assert_eq!(
            original.matches(from).count(),
            1,
            "{name}: `{from}` must stand once"
        );
        fs::write(project.path().join(rule), original.replacen(from, to, 1)).unwrap();
        let before = listing(project.path());
        let output = run(project.path());
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(1) || !text.contains(case) {
            unnoticed.push(format!(
                "{name}: exit {:?}, wanted `{case}`\n{text}",
                output.status
            ));
        }
        assert_eq!(
            before,
            listing(project.path()),
            "{name}: a file was written under CI"
        );
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));

    fs::write(project.path().join(rule), &original).unwrap();
    assert_eq!(run(project.path()).status.code(), Some(0));
}

fn run(project: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["test"])
        .env("CI", "1")
        .current_dir(project)
        .output()
        .unwrap()
}

/// Every file with its bytes.
fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(listing(&path));
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}
