//! Selects the returned results: `head`, `tail`, `size` and `result_position`
//! (`LogicalPlanBuilder`, `LimitWithOffset`).

use super::{Match, Request, ResultPosition};
use crate::plan::Pipe;

/// Cuts the results, which are in ascending order and stay so.
pub(super) fn cut(mut matches: Vec<Match>, pipes: &[Pipe], request: &Request) -> Vec<Match> {
    if let Some(size) = request.size {
        // The request's size stands beneath the first pipe, in that pipe's direction.
        match (pipes.first(), request.position) {
            (Some(Pipe::Head(_)), _) | (None, ResultPosition::Head) => matches.truncate(size),
            (Some(Pipe::Tail(_)), _) | (None, ResultPosition::Tail) => {
                keep_last(&mut matches, size);
            }
        }
    }
    for pipe in pipes {
        match pipe {
            Pipe::Head(count) => matches.truncate(usize::try_from(*count).unwrap_or(usize::MAX)),
            Pipe::Tail(count) => {
                keep_last(&mut matches, usize::try_from(*count).unwrap_or(usize::MAX));
            }
        }
    }
    matches
}

fn keep_last(matches: &mut Vec<Match>, count: usize) {
    matches.drain(..matches.len().saturating_sub(count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventId;

    fn run(pipes: &[Pipe], size: Option<usize>, position: ResultPosition) -> Vec<u32> {
        let one = |number| Match {
            stages: vec![Some(EventId(number))],
            join: Vec::new(),
        };
        let request = Request {
            size,
            position,
            ..Request::default()
        };
        let left = cut((1..=20).map(one).collect(), pipes, &request);
        left.iter()
            .map(|found| found.stages[0].unwrap().0)
            .collect()
    }

    #[test]
    fn size_takes_the_end_that_is_asked_for_and_the_order_stays() {
        assert_eq!(run(&[], Some(2), ResultPosition::Tail), [19, 20]);
        assert_eq!(run(&[], Some(2), ResultPosition::Head), [1, 2]);
        assert!(run(&[], Some(0), ResultPosition::Head).is_empty());
        assert_eq!(run(&[], None, ResultPosition::Tail).len(), 20);
    }

    #[test]
    fn pipes_go_from_left_to_right_above_the_size() {
        let tail = ResultPosition::Tail;
        let (head, last) = (Pipe::Head, Pipe::Tail);
        assert_eq!(run(&[last(10), head(2)], None, tail), [11, 12]);
        assert_eq!(run(&[head(10), last(3)], None, tail), [8, 9, 10]);
        assert_eq!(run(&[last(100)], Some(2), tail), [19, 20]);
        assert_eq!(run(&[head(3)], Some(10), tail), [1, 2, 3]);
        assert!(run(&[head(0)], None, tail).is_empty());
    }
}
