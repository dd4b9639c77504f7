//! Blockers as a whole: which causes are found for whole queries.
