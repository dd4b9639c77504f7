//! Index names and patterns → data sources and what a rule can see.
