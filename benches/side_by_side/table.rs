//! What was measured, beside the bar.

use std::time::Duration;

/// One measured value.
pub struct Figure {
    what: &'static str,
    measured: String,
    bar: String,
    verdict: &'static str,
}

impl Figure {
    /// A value that must not be above its bar. `measured` tells people more than the one number that decides.
    pub fn new(what: &'static str, value: f64, bar: f64, measured: String, bar_text: &str) -> Self {
        let verdict = if value <= bar { "PASS" } else { "over" };
        Self { what, measured, bar: bar_text.to_owned(), verdict }
    }

    /// A value without a bar, which explains its neighbours.
    pub fn note(what: &'static str, measured: String) -> Self {
        Self { what, measured, bar: String::new(), verdict: "" }
    }

    /// A row that could not be measured.
    pub fn failed(what: &'static str, error: &anyhow::Error) -> Self {
        Self { what, measured: format!("{error:#}"), bar: String::new(), verdict: "FAILED" }
    }
}

/// Prints all figures.
pub fn print(figures: &[Figure]) {
    let width = |column: fn(&Figure) -> &str| figures.iter().map(|figure| column(figure).chars().count()).max();
    let (what, bar) = (width(|figure| figure.what).unwrap_or(0), width(|figure| &figure.bar).unwrap_or(0));
    println!();
    for figure in figures {
        println!("{:6}  {:what$}  {:bar$}  {}", figure.verdict, figure.what, figure.bar, figure.measured);
    }
}

/// The value that half of the sample is below.
pub fn median<T: Copy + Ord>(sample: &[T]) -> T {
    percentile(sample, 50)
}

/// The value that so many of a hundred are below. The sample is never empty: rows choose its size.
pub fn percentile<T: Copy + Ord>(sample: &[T], of_hundred: usize) -> T {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * of_hundred / 100).min(sorted.len() - 1)]
}

/// For printing.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// For printing.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
