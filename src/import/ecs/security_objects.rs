//! Security events about keys, files, devices, firewall rules and policies, which only the
//! integration takes apart (in 2025 it learned them). Called by the Security pipeline.

use super::document::Document;
use crate::import::windows::Data;

/// Maps what an event says of the object that it is about.
pub(super) fn map(id: u32, data: &mut Data, document: &mut Document) {
    match id {
        4659 if data.get("ObjectType") == Some("File") => {
            document.copy(data, "ObjectName", "file.path");
        }
        4664 => document.copy(data, "FileName", "file.path"),
        4945 | 4946 | 4948 | 4953 | 4957 => {
            document.copy(data, "RuleId", "rule.id");
            document.copy(data, "RuleName", "rule.name");
        }
        5038 => document.copy(data, "param1", "file.path"),
        5058 | 5059 | 5061 => document.copy(data, "ProviderName", "event.provider"),
        6144 | 6145 => document.copy(data, "ErrorCode", "error.code"),
        // The integration takes the device for the host.
        6416 => document.copy(data, "DeviceId", "host.id"),
        6419..=6422 => device(data, document),
        _ => {}
    }
}

fn device(data: &mut Data, document: &mut Document) {
    document.copy(data, "DeviceId", "device.id");
    document.copy(data, "DeviceDescription", "device.model.name");
    let ids = data.get("HardwareIds").map(|ids| {
        let ids = ids.lines().map(str::trim).filter(|id| !id.is_empty());
        ids.map(str::to_owned).collect::<Vec<_>>()
    });
    if let Some(ids) = ids {
        data.set("HardwareIds", ids);
    }
}
