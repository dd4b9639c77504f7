//! AppLocker's four logs, as the pipelines of the data streams `windows.applocker_…` map them.
//! Winlogbeat has no module for them.

use serde_json::{Map, Value as Json};

use super::Mapped;
use super::document::Document;
use crate::import::windows::{WindowsEvent, number};

/// The channels, each with its data stream.
pub(super) const CHANNELS: [(&str, &str); 4] = [
    (
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "windows.applocker_exe_and_dll",
    ),
    (
        "Microsoft-Windows-AppLocker/MSI and Script",
        "windows.applocker_msi_and_script",
    ),
    (
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "windows.applocker_packaged_app_deployment",
    ),
    (
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
        "windows.applocker_packaged_app_execution",
    ),
];

/// Numbers among the user data.
const NUMBERS: &[&str] = &[
    "FileHashLength",
    "FilePathLength",
    "FqbnLength",
    "FullFilePathLength",
    "PolicyNameLength",
    "RuleNameLength",
    "RuleSddlLength",
    "TargetProcessId",
];

/// Maps an event, whose facts stand in its user data.
pub(super) fn map(event: &mut WindowsEvent, document: &mut Document) -> Mapped {
    document.put("event.category", vec!["process"]);
    document.put("event.type", vec!["start"]);
    if !event.channel.contains("Packaged app-") {
        document.put_some("process.pid", event.process_id);
    }
    document.put_some("user.id", event.user.sid.clone());
    if let Some(account) = event.data.get("User").map(str::to_owned) {
        document.put_account("user", &account);
    }
    if document.get("user.name").is_none() {
        document.put_some("user.name", event.user.name.clone());
    }
    for name in NUMBERS {
        let found = event.user_data.get(*name).and_then(Json::as_str);
        match found.map(number) {
            Some(Some(value)) => {
                event.user_data.insert((*name).to_owned(), value.into());
            }
            Some(None) => {
                event.user_data.shift_remove(*name);
            }
            None => {}
        }
    }
    let text = |name: &str| text(&event.user_data, name);
    if let Some(path) = text("FullFilePath") {
        let name = path.rsplit('\\').next();
        document.put_some("file.name", name);
    }
    document.put_some("file.hash.sha256", text("FileHash"));
    if let Some(name) = text("Fqbn") {
        publisher(name, document);
    }
    Mapped::Fields
}

fn text<'a>(user_data: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    let text = user_data.get(name).and_then(Json::as_str);
    text.filter(|text| !matches!(*text, "" | "-"))
}

/// A fully qualified binary name: `O=CORP, L=X, S=Y, C=US\PRODUCT\NAME.EXE\1.0.0.0`.
fn publisher(name: &str, document: &mut Document) {
    let mut parts = name.splitn(4, '\\');
    let subject = parts.next().unwrap_or_default();
    let (Some(product), Some(original), Some(version)) = (parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    for attribute in subject.split(", ") {
        let Some((key, value)) = attribute.split_once('=') else {
            continue;
        };
        let field = match key {
            "CN" => "common_name",
            "O" => "organization",
            "L" => "locality",
            "S" => "state_or_province",
            "C" => "country",
            _ => continue,
        };
        document.put(&format!("file.x509.subject.{field}"), vec![value]);
    }
    document.put("file.pe.product", product);
    document.put("file.pe.original_file_name", original);
    document.put("file.pe.file_version", version);
}
