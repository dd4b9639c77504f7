//! Services: the System log's own event (7045), and the words for a service's type that the
//! Security pipeline shares. Called by the face of this folder and the Security pipeline.

use super::Mapped;
use super::document::Document;
use crate::import::windows::WindowsEvent;

/// Maps an event of the System log. Its pipeline leaves a new service's name, image and account
/// below `winlog.event_data`, where rules look for them.
pub(super) fn map(event: &mut WindowsEvent, _: &mut Document) -> Mapped {
    if event.event_id == "7045" {
        Mapped::Fields
    } else {
        Mapped::HeaderOnly
    }
}

/// The words for a service's type.
pub(super) fn kind(bits: u64) -> Option<&'static str> {
    Some(match bits {
        0x1 => "Kernel Driver",
        0x2 => "File System Driver",
        0x8 => "Recognizer Driver",
        0x10 => "Win32 Own Process",
        0x20 => "Win32 Share Process",
        0x110 => "Interactive Own Process",
        0x120 => "Interactive Share Process",
        _ => return None,
    })
}
