//! PowerShell's two logs. Called by the face of this folder.

use super::document::Document;
use super::{Mapped, Pipeline};
use crate::import::windows::{WindowsEvent, number};

/// Maps an event of `Microsoft-Windows-PowerShell/Operational` or `Windows PowerShell`.
pub(super) fn map(event: &mut WindowsEvent, log: Pipeline, document: &mut Document) -> Mapped {
    if log == Pipeline::OldPowerShell {
        return Mapped::HeaderOnly;
    }
    document.put("event.category", vec!["process"]);
    document.put("event.type", vec!["info"]);
    document.put_some("user.id", event.user.sid.clone());
    if event.event_id != "4104" {
        return Mapped::HeaderOnly;
    }
    event.data.forget(|value| value.is_empty() || value == "-");
    let data = &mut event.data;
    let number = |text: Option<String>| text.and_then(|text| number(&text));
    document.put_some(
        "powershell.file.script_block_text",
        data.take("ScriptBlockText"),
    );
    document.put_some(
        "powershell.file.script_block_id",
        data.take("ScriptBlockId"),
    );
    document.put_some("powershell.sequence", number(data.take("MessageNumber")));
    document.put_some("powershell.total", number(data.take("MessageTotal")));
    if let Some(path) = data.take("Path") {
        if let Some((directory, name)) = path.rsplit_once('\\') {
            document.put("file.name", name);
            document.put("file.directory", directory);
        }
        document.put("file.path", path);
    }
    Mapped::Fields
}
