//! Points on the earth.

use super::super::warning::Failure;
use super::{Arguments, Computed, convert};
use crate::diagnostic::esql_warning::BadArgument;
use crate::event::Value;

/// The mean radius of the earth in metres that Lucene measures with.
const RADIUS: f64 = 6_371_008.771_4;

fn point(args: Arguments<'_>, index: usize) -> Result<(f64, f64), Failure> {
    let text = args.text(index).unwrap_or("");
    convert::coordinates(text).ok_or_else(|| {
        let found = text.to_owned();
        Failure::Argument(BadArgument::InvalidPoint { found })
    })
}

/// Longitude or latitude.
pub(super) fn coordinate(args: Arguments<'_>, which: usize) -> Computed {
    let (longitude, latitude) = point(args, 0)?;
    let value = if which == 0 { longitude } else { latitude };
    Ok(Some(Value::Double(value)))
}

/// Metres along the great circle, by the haversine formula.
pub(super) fn distance(args: Arguments<'_>) -> Computed {
    let ((lon_a, lat_a), (lon_b, lat_b)) = (point(args, 0)?, point(args, 1)?);
    let half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let part = half_sine(lat_b - lat_a)
        + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half_sine(lon_b - lon_a);
    Ok(Some(Value::Double(
        2.0 * RADIUS * part.sqrt().min(1.0).asin(),
    )))
}
