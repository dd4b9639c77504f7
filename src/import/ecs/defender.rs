//! Windows Defender's log, as the pipeline of the data stream `windows.windows_defender` maps it.
//! Winlogbeat has no module for it.

use super::Mapped;
use super::document::{Document, extension};
use crate::import::windows::{Data, WindowsEvent};

/// Maps an event. Names with spaces are written with `_`.
pub(super) fn map(event: &mut WindowsEvent, document: &mut Document) -> Mapped {
    let id = event.event_id.as_str();
    let data = &mut event.data;
    data.rename_all(|name| name.replace(' ', "_"));
    let quarantined = data.get("Action_Name") == Some("Quarantine");
    let (category, kind, action) = match id {
        "1116" => ("malware", "info", Some("malware-detected")),
        "1117" if quarantined => ("malware", "info", Some("malware-quarantined")),
        "1117" => ("malware", "info", Some("malware-detected")),
        "2000" => ("process", "info", Some("antivirus-updated")),
        "2050" => ("file", "info", Some("file-uploaded")),
        "5007" => (
            "configuration",
            "change",
            Some("antivirus-configuration-changed"),
        ),
        _ => ("process", "info", None),
    };
    document.put("event.category", vec![category]);
    document.put("event.type", vec![kind]);
    document.put_some("event.action", action);
    if data.get("Error_Description") == Some("The operation completed successfully. ") {
        document.put("event.outcome", "success");
    }
    document.copy(data, "FWLink", "event.reference");
    document.copy(data, "Destination", "destination.domain");
    let account = data.get("User").or_else(|| data.get("Detection_User"));
    if let Some(account) = account.map(str::to_owned) {
        document.put_account("user", &account);
    }
    file(data, document);
    process(id, data, document);
    if action.is_some() {
        Mapped::Fields
    } else {
        Mapped::HeaderOnly
    }
}

/// `file:_C:\a.exe; process:_pid:7,…`: the first is the file.
fn file(data: &mut Data, document: &mut Document) {
    let evidence = data.get("Path").map(|paths| {
        let paths = paths.split(';').map(str::trim);
        let paths = paths.map(|path| path.replace("file:_", "").replace("process:_", ""));
        paths.collect::<Vec<_>>()
    });
    document.put_some("windows_defender.evidence_paths", evidence);
    let found = ["FileName", "Path", "Filename"]
        .into_iter()
        .find_map(|name| data.get(name))
        .map(str::to_owned);
    if let Some(text) = found {
        let path = text
            .split_once("file:_")
            .map_or(text.as_str(), |(_, path)| path);
        let path = path.split(';').next().unwrap_or_default();
        let name = path.rsplit('\\').next().unwrap_or_default();
        document.put("file.name", name);
        let (_, after) = name.split_once('.').unzip();
        document.put_some("file.extension", after.or(extension(name)));
        document.put("file.path", path);
    }
    let hash = data.get("Sha256").filter(|hash| *hash != "-");
    let hash = hash.map(str::to_owned);
    document.put_some("file.hash.sha256", hash);
}

fn process(id: &str, data: &mut Data, document: &mut Document) {
    document.rename(data, "Target_Commandline", "process.command_line");
    document.rename(data, "Parent_Commandline", "process.parent.command_line");
    if id == "1126" {
        document.rename(data, "Process_Name", "process.name");
        return;
    }
    document.rename(data, "Process_Name", "process.executable");
    let path = document.text("process.executable");
    let name = path.and_then(|path| path.rsplit('\\').next());
    let name = name.map(str::to_owned);
    document.put_some("process.name", name);
}
