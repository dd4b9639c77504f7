//! Which class each event of Sysmon has. Called by the Sysmon pipeline.

use super::Class;

/// Category, type and action; `None` of an event that the pipeline does not know.
pub(super) fn class(id: u32) -> Option<Class> {
    Some(match id {
        1 => (&["process"], &["start"], "Process creation"),
        2 => (
            &["file"],
            &["change"],
            "A process changed a file creation time",
        ),
        3 => (
            &["network"],
            &["start", "connection", "protocol"],
            "Network connection",
        ),
        4 => (&["process"], &["change"], "Sysmon service state changed"),
        5 => (&["process"], &["end"], "Process terminated"),
        6 => (&["driver"], &["start"], "Driver loaded"),
        7 => (&["process"], &["change"], "Image loaded"),
        8 => (&["process"], &["change"], "CreateRemoteThread"),
        9 => (&["process"], &["access"], "RawAccessRead"),
        10 => (&["process"], &["access"], "ProcessAccess"),
        11 => (&["file"], &["creation"], "FileCreate"),
        12 => (
            &["configuration", "registry"],
            &["change"],
            "RegistryEvent (Object create and delete)",
        ),
        13 => (
            &["configuration", "registry"],
            &["change"],
            "RegistryEvent (Value Set)",
        ),
        14 => (
            &["configuration", "registry"],
            &["change"],
            "RegistryEvent (Key and Value Rename)",
        ),
        15 => (&["file"], &["access"], "FileCreateStreamHash"),
        16 => (
            &["configuration"],
            &["change"],
            "ServiceConfigurationChange",
        ),
        17 => (&["file"], &["creation"], "PipeEvent (Pipe Created)"),
        18 => (&["file"], &["access"], "PipeEvent (Pipe Connected)"),
        _ => return late_class(id),
    })
}

fn late_class(id: u32) -> Option<Class> {
    Some(match id {
        19 => (
            &["process"],
            &["info"],
            "WmiEvent (WmiEventFilter activity detected)",
        ),
        20 => (
            &["process"],
            &["change"],
            "WmiEvent (WmiEventConsumer activity detected)",
        ),
        21 => (
            &["process"],
            &["access"],
            "WmiEvent (WmiEventConsumerToFilter activity detected)",
        ),
        22 => (
            &["network"],
            &["connection", "protocol", "info"],
            "DNSEvent (DNS query)",
        ),
        23 => (
            &["file"],
            &["deletion"],
            "FileDelete (File Delete archived)",
        ),
        24 => (
            &[],
            &["change"],
            "ClipboardChange (New content in the clipboard)",
        ),
        25 => (
            &["process"],
            &["change"],
            "ProcessTampering (Process image change)",
        ),
        26 => (
            &["file"],
            &["deletion"],
            "FileDeleteDetected (File Delete logged)",
        ),
        27 => (&["file"], &["creation"], "FileBlockExecutable"),
        28 => (&["file"], &["deletion"], "FileBlockShredding"),
        29 => (&["file"], &["creation"], "FileExecutableDetected"),
        255 => (&["process"], &[], "Error"),
        _ => return None,
    })
}
