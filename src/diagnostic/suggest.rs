//! "Did you mean": the known word nearest to an unknown one.

/// The candidate nearest to `word`, if one is near enough to be a slip of the pen.
///
/// Case is ignored; among equally near candidates the first in order wins, so that the answer
/// does not depend on how the candidates were stored.
///
/// ```
/// use trapline::diagnostic::suggest::nearest;
/// assert_eq!(nearest("procss.name", ["process.name", "user.name"]), Some("process.name"));
/// assert_eq!(nearest("zzz", ["process.name"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let length = word.chars().count();
    let allowed = (length / 3).clamp(1, 5);
    candidates
        .into_iter()
        // The distance is at least the difference of the lengths, which is cheap to know.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| {
            (
                strsim::osa_distance(&folded, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}
