//! A Windows event as the ECS document that its data source's own pipeline would have made of it.
//! Called by the face of this room.
//!
//! The pipelines are those of Elastic's `windows` and `system` integrations, whose tables Winlogbeat
//! shares; `tests/captures` of this room hold them against recordings that went through them.

mod args;
mod dns;
mod document;
mod powershell;
mod registry;
mod security;
mod security_events;
mod service;
mod sysmon;

use serde_json::{Map, Value as Json};

use super::windows::{Outcome, WindowsEvent};
use document::Document;

/// What ships the events: it decides module, data set and data stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shipper {
    /// Elastic Agent with its integrations: `logs-windows.sysmon_operational-*` …
    #[default]
    Integration,
    /// Winlogbeat: `winlogbeat-*`.
    Winlogbeat,
}

/// How much of an event its pipeline knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    /// Its event data have ECS fields, as far as ECS has any.
    Fields,
    /// Only the header: the rest stands below `winlog.event_data`.
    HeaderOnly,
}

/// The document of an event, and how much of the event its pipeline knows.
pub(super) fn document(mut event: WindowsEvent, shipper: Shipper) -> (Map<String, Json>, Mapped) {
    let pipeline = Pipeline::of(&event);
    if pipeline == Pipeline::Sysmon {
        sysmon::drop_placeholders(&mut event.data);
    }
    let mut document = Document::new();
    header(&event, pipeline, shipper, &mut document);
    let mapped = match pipeline {
        Pipeline::Sysmon => sysmon::map(&mut event, &mut document),
        Pipeline::Security => security::map(&mut event, &mut document),
        Pipeline::PowerShell | Pipeline::OldPowerShell => {
            powershell::map(&mut event, pipeline, &mut document)
        }
        Pipeline::System => service::map(&mut event, &mut document),
        Pipeline::Other => Mapped::HeaderOnly,
    };
    event.data.forget(|value| value.is_empty() || value == "-");
    let data = event.data.into_map();
    if !data.is_empty() {
        document.put("winlog.event_data", data);
    }
    if !event.user_data.is_empty() {
        document.put("winlog.user_data", event.user_data);
    }
    (document.finish(), mapped)
}

/// Which pipeline an event goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipeline {
    Sysmon,
    Security,
    PowerShell,
    OldPowerShell,
    System,
    Other,
}

impl Pipeline {
    /// By provider, because forwarded events stand in a channel of their own.
    fn of(event: &WindowsEvent) -> Self {
        let is = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let channel = |name: &str| is(&event.channel, name);
        if is(&event.provider, "Microsoft-Windows-Sysmon")
            || channel("Microsoft-Windows-Sysmon/Operational")
        {
            Self::Sysmon
        } else if is(&event.provider, "Microsoft-Windows-Security-Auditing") || channel("Security")
        {
            Self::Security
        } else if is(&event.provider, "Microsoft-Windows-PowerShell")
            || channel("Microsoft-Windows-PowerShell/Operational")
        {
            Self::PowerShell
        } else if is(&event.provider, "PowerShell") || channel("Windows PowerShell") {
            Self::OldPowerShell
        } else if channel("System") || is(&event.provider, "Service Control Manager") {
            Self::System
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
            Self::OldPowerShell => ("windows", "windows.powershell", Some("powershell")),
            Self::System => ("system", "system.system", None),
            Self::Other => ("winlog", "winlog.winlog", None),
        }
    }
}

fn header(event: &WindowsEvent, pipeline: Pipeline, shipper: Shipper, document: &mut Document) {
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
        document.put("agent.type", "winlogbeat");
        document.put_some("event.module", beat_module);
    }
    if !event.provider.is_empty() {
        document.put("event.provider", event.provider.as_str());
    }
    document.put_some("event.outcome", event.outcome.map(Outcome::word));
    document.put_some("event.created", created);
    host(event, document);
    winlog(event, document);
    for (name, value) in &event.carried {
        match value {
            Json::Object(fields) => {
                for (key, value) in fields {
                    document.put(&format!("{name}.{key}"), value.clone());
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
