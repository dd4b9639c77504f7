//! The fields by which an execution's time range finds an event, and by which the event arrived.

use super::window::Arrival;
use crate::event::Timestamp;
use crate::event::time::DateFormat;
use crate::rule::Rule;

/// Where an event says when it happened.
const TIMESTAMP: &str = "@timestamp";
/// Where an ingest pipeline writes when it saw the event.
const INGESTED: &str = "event.ingested";

/// The field of the time range: `timestamp_override`, else `@timestamp`. `timestamp_field` orders
/// events only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeField {
    field: String,
    fallback: Option<&'static str>,
}

impl RangeField {
    /// The one of a rule.
    pub fn of(rule: &Rule) -> Self {
        match &rule.fields.timestamp_override {
            Some(field) => Self {
                field: field.clone(),
                fallback: (!rule.production.fallback_disabled).then_some(TIMESTAMP),
            },
            None => Self {
                field: TIMESTAMP.to_owned(),
                fallback: None,
            },
        }
    }

    /// The field without which no execution finds an event.
    pub fn required(&self) -> Option<&str> {
        self.fallback.is_none().then_some(&*self.field)
    }

    /// Every field that [`RangeField::arrival`] asks for.
    pub fn fields(&self) -> [&str; 3] {
        [TIMESTAMP, INGESTED, &self.field]
    }

    /// When an event happened by the field that is filtered, and when it could be found; `first`
    /// gives the first value of a field.
    pub fn arrival<T: AsRef<str>>(&self, first: impl Fn(&str) -> Option<T>) -> Arrival {
        let millis = |field: &str| {
            let text = first(field)?;
            let time = DateFormat::usual().parse(text.as_ref());
            time.map(Timestamp::millis)
        };
        let arrived = millis(INGESTED).or_else(|| millis(TIMESTAMP));
        Arrival {
            time: millis(&self.field).or_else(|| millis(self.fallback?)),
            arrived: arrived.unwrap_or_default(),
        }
    }
}
