//! Figures: each a line `name: median (least to most) unit`, to read and for `run.py` to gather.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Prints the median of some rounds, with the least and the most.
pub(crate) fn figure(name: &str, unit: &str, values: impl IntoIterator<Item = f64>) {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    let median = values[values.len() / 2];
    println!("{name}: {} ({} to {}) {unit}", short(median), short(least), short(most));
}

/// Three digits that count, and no fewer than those before the point.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// The value below which this share of all is.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil();
    let place = (place as usize).clamp(1, sorted.len());
    sorted[place - 1]
}
