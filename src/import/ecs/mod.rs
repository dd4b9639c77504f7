//! Converts a Windows event to the ECS document that the pipeline of its data source would create.
//!
//! The pipelines are those of Elastic's `windows` and `system` integrations, or of Winlogbeat's
//! modules. `docs/reference/windows-events.md` lists what they set, event id by event id; a test
//! compares it with the code.

mod applocker;
mod args;
mod defender;
mod dns;
mod document;
mod domain;
mod network;
mod powershell;
mod registry;
mod script_block;
mod security;
mod security_events;
mod security_messages;
mod security_objects;
mod security_words;
mod sysmon;
mod sysmon_events;

use serde_json::{Map, Value as Json};

use super::windows::{Outcome, WindowsEvent};
use document::Document;

/// What ships the events: it decides which pipeline they go through, and module, data set, and
/// index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shipper {
    /// Elastic Agent with its integrations: `logs-windows.sysmon_operational-*` …
    #[default]
    Integration,
    /// Winlogbeat with its modules: `winlogbeat-*`.
    Winlogbeat,
}

/// The index that Winlogbeat's documents are said to stand in.
const WINLOGBEAT_INDEX: &str = "winlogbeat-9.5.0";

/// How much of an event its pipeline knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    /// Its event data have ECS fields, as far as ECS has any.
    Fields,
    /// Only the header: the rest stands below `winlog.event_data`.
    HeaderOnly,
}

/// What became of an event.
pub(super) struct Converted {
    /// The document.
    pub(super) source: Map<String, Json>,
    /// How much of the event its pipeline knows.
    pub(super) mapped: Mapped,
    /// The names among its event data that the pipeline never looks at.
    pub(super) unmapped: Vec<String>,
}

/// The document of an event as `shipper` makes it, which `is_asked` for instead of being the event's
/// own.
pub(super) fn convert(mut event: WindowsEvent, shipper: Shipper, is_asked: bool) -> Converted {
    let pipeline = Pipeline::of(&event);
    let mut document = Document::new();
    header(&event, pipeline, (shipper, is_asked), &mut document);
    let mapped = match (pipeline, shipper) {
        (Pipeline::Sysmon, _) => sysmon::map(&mut event, shipper, &mut document),
        (Pipeline::Security, _) => security::map(&mut event, shipper, &mut document),
        (Pipeline::PowerShell, _) => {
            powershell::map_operational(&mut event, shipper, &mut document)
        }
        (Pipeline::ClassicPowerShell, _) => powershell::map_classic(&mut event, &mut document),
        (Pipeline::Defender, Shipper::Integration) => defender::map(&mut event, &mut document),
        (Pipeline::AppLocker(_), Shipper::Integration) => applocker::map(&mut event, &mut document),
        _ => Mapped::HeaderOnly,
    };
    let unmapped = match mapped {
        Mapped::Fields => event.data.unread().map(str::to_owned).collect(),
        Mapped::HeaderOnly => Vec::new(),
    };
    let data = event.data.into_map();
    if !data.is_empty() {
        document.put_tree("winlog.event_data", data);
    }
    if !event.user_data.is_empty() {
        document.put_tree("winlog.user_data", event.user_data);
    }
    Converted {
        source: document.finish(),
        mapped,
        unmapped,
    }
}

/// Which pipeline an event goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipeline {
    Sysmon,
    Security,
    PowerShell,
    ClassicPowerShell,
    Defender,
    /// With its data stream.
    AppLocker(&'static str),
    System,
    Application,
    Other,
}

impl Pipeline {
    /// By provider, because forwarded events may stand in a channel of their own.
    fn of(event: &WindowsEvent) -> Self {
        let is = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let channel = |name: &str| is(&event.channel, name);
        let provider = |name: &str| is(&event.provider, name);
        let applocker = applocker::CHANNELS.iter().find(|(name, _)| channel(name));
        if let Some((_, dataset)) = applocker {
            Self::AppLocker(dataset)
        } else if provider("Microsoft-Windows-Sysmon")
            || channel("Microsoft-Windows-Sysmon/Operational")
        {
            Self::Sysmon
        } else if provider("Microsoft-Windows-Security-Auditing") || channel("Security") {
            Self::Security
        } else if provider("Microsoft-Windows-PowerShell")
            || channel("Microsoft-Windows-PowerShell/Operational")
        {
            Self::PowerShell
        } else if provider("PowerShell") || channel("Windows PowerShell") {
            Self::ClassicPowerShell
        } else if channel("Microsoft-Windows-Windows Defender/Operational") {
            Self::Defender
        } else if channel("System") || provider("Service Control Manager") {
            Self::System
        } else if channel("Application") {
            Self::Application
        } else {
            Self::Other
        }
    }

    /// Module and data set under an integration, module under Winlogbeat.
    fn names(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Sysmon => ("windows", "windows.sysmon_operational", Some("sysmon")),
            Self::Security => ("system", "system.security", Some("security")),
            Self::PowerShell => (
                "windows",
                "windows.powershell_operational",
                Some("powershell"),
            ),
            Self::ClassicPowerShell => ("windows", "windows.powershell", Some("powershell")),
            Self::Defender => ("windows", "windows.windows_defender", None),
            Self::AppLocker(dataset) => ("windows", dataset, None),
            Self::System => ("system", "system.system", None),
            Self::Application => ("system", "system.application", None),
            Self::Other => ("winlog", "winlog.winlog", None),
        }
    }
}

/// `is_asked`: the shipper is another than the event may say, and so is its index.
fn header(
    event: &WindowsEvent,
    pipeline: Pipeline,
    (shipper, is_asked): (Shipper, bool),
    document: &mut Document,
) {
    let created = event.created.map(|created| created.to_string());
    document.put_some("@timestamp", created.clone());
    document.put("ecs.version", "8.0.0");
    let (module, dataset, beat_module) = pipeline.names();
    document.put("event.code", event.event_id.as_str());
    document.put("event.kind", "event");
    if shipper == Shipper::Integration {
        document.put("agent.type", "filebeat");
        document.put("event.module", module);
        document.put("event.dataset", dataset);
        document.put("data_stream.type", "logs");
        document.put("data_stream.dataset", dataset);
        document.put("data_stream.namespace", "default");
    } else {
        document.put("_index", WINLOGBEAT_INDEX);
        document.put("agent.type", "winlogbeat");
        document.put_some("event.module", beat_module);
    }
    if !event.provider.is_empty() {
        document.put("event.provider", event.provider.as_str());
    }
    // A pipeline that knows the event has an action of its own.
    document.put_some("event.action", event.task.clone());
    document.put_some("event.outcome", event.outcome.map(Outcome::word));
    document.put_some("event.created", created);
    host(event, document);
    winlog(event, document);
    for (name, value) in &event.carried {
        let whose = ["_index", "data_stream"].contains(&name.as_str());
        match value {
            _ if whose && is_asked => {}
            Json::Object(fields) => {
                for (key, value) in fields {
                    if !(is_asked && name == "agent" && key == "type") {
                        document.put(&format!("{name}.{key}"), value.clone());
                    }
                }
            }
            value => document.put(name, value.clone()),
        }
    }
}

/// The host as the agent on it would have described it: a record names only the computer.
fn host(event: &WindowsEvent, document: &mut Document) {
    let Some(computer) = &event.computer else {
        return;
    };
    let name = computer.to_lowercase();
    let short = name.split('.').next().unwrap_or_default().to_owned();
    document.put("agent.id", name.as_str());
    document.put("host.id", name.as_str());
    document.put("host.name", name);
    document.put("host.hostname", short);
    document.put("host.os.type", "windows");
    document.put("host.os.family", "windows");
    document.put("host.os.platform", "windows");
}

fn winlog(event: &WindowsEvent, document: &mut Document) {
    if !event.channel.is_empty() {
        document.put("winlog.channel", event.channel.as_str());
    }
    document.put("winlog.event_id", event.event_id.as_str());
    document.put_some("winlog.computer_name", event.computer.clone());
    if !event.provider.is_empty() {
        document.put("winlog.provider_name", event.provider.as_str());
    }
    document.put_some("winlog.provider_guid", event.provider_guid.clone());
    document.put_some("winlog.record_id", event.record_id.clone());
    document.put_some("winlog.opcode", event.opcode.clone());
    document.put_some("winlog.task", event.task.clone());
    document.put_some("winlog.process.pid", event.process_id);
    document.put_some("winlog.process.thread.id", event.thread_id);
    document.put_some("winlog.user.identifier", event.user.sid.clone());
    document.put_some("winlog.user.name", event.user.name.clone());
    document.put_some("winlog.user.domain", event.user.domain.clone());
}

/// Category, type and action of an event.
type Class = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

fn classify(document: &mut Document, (categories, types, action): Class) {
    if !categories.is_empty() {
        document.put("event.category", categories.to_vec());
    }
    if !types.is_empty() {
        document.put("event.type", types.to_vec());
    }
    document.put("event.action", action);
}
