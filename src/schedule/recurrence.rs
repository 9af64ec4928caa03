//! When a schedule is due next. Pure: the time is given.
//!
//! A plain recurrence keeps the wall-clock time of its start in its time zone. A time that a change of the clocks leaves out is taken at the
//! first moment after the gap; one that comes twice is taken the first time only. Hours are not wall-clock time: `hourly` is every
//! sixty minutes, whatever clocks do.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::definition::schedule_def::{Recurrence, ScheduleDef, time_zone};

/// When it is due next, strictly after `now`; `None`: never again.
pub fn next_run(schedule: &ScheduleDef, now: Timestamp) -> Option<Timestamp> {
    let zone = time_zone(&schedule.time_zone)?;
    if schedule.enabled { next(&schedule.recurrence, schedule.start_at, &zone, now) } else { None }
}

/// The first time that is not before `start_at` and is after `now`.
pub fn next(recurrence: &Recurrence, start_at: Timestamp, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let dates = Dates { start_at, start: zone.to_datetime(start_at), zone, now };
    match recurrence {
        Recurrence::None => (start_at > now).then_some(start_at),
        Recurrence::Hourly => hourly(start_at, now),
        Recurrence::Daily => dates.first(dates.days()),
        Recurrence::Weekdays => {
            dates.first(dates.days().filter(|date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)))
        }
        Recurrence::Weekly => {
            let weekday = dates.start.weekday();
            dates.first(dates.days().filter(move |date| date.weekday() == weekday))
        }
        Recurrence::Monthly => dates.first(dates.months()),
        Recurrence::Cron(cron, _) => {
            // What is due at the start itself is due.
            let (from, inclusive) = if start_at > now { (start_at, true) } else { (now, false) };
            let found = cron.find_next_occurrence(&from.to_zoned(zone.clone()), inclusive).ok()?;
            Some(found.timestamp())
        }
    }
}

fn hourly(start_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    if start_at > now {
        return Some(start_at);
    }
    let hours = now.duration_since(start_at).as_hours() + 1;
    start_at.checked_add(SignedDuration::from_hours(hours)).ok()
}

/// Days at one time of day.
struct Dates<'a> {
    start_at: Timestamp,
    /// The same by the clocks of the zone.
    start: DateTime,
    zone: &'a TimeZone,
    now: Timestamp,
}

impl Dates<'_> {
    /// The day from which there is something to look at: the start, or the day before now (whose time may be later than it says).
    fn from(&self) -> Date {
        let yesterday = self.zone.to_datetime(self.now).date().saturating_sub(1.day());
        yesterday.max(self.start.date())
    }

    fn days(&self) -> impl Iterator<Item = Date> {
        // A week and the day before it hold each day of the week behind now.
        self.from().series(1.day()).take(10)
    }

    /// The start's day in every month that has it.
    fn months(&self) -> impl Iterator<Item = Date> {
        let day = self.start.day();
        // No day is missing in more than one month running, but for the 29th, 30th and 31st around February.
        let months = self.from().first_of_month().series(1.month()).take(5);
        months.filter_map(move |month| Date::new(month.year(), month.month(), day).ok())
    }

    fn first(&self, mut dates: impl Iterator<Item = Date>) -> Option<Timestamp> {
        dates.find_map(|date| self.at(date).filter(|time| *time > self.now && *time >= self.start_at))
    }

    fn at(&self, date: Date) -> Option<Timestamp> {
        // The start is a moment and no time of day: the second of two half past ones may be meant.
        if date == self.start.date() {
            return Some(self.start_at);
        }
        moment(self.zone, date.to_datetime(self.start.time()))
    }
}

/// The moment of a wall-clock time.
fn moment(zone: &TimeZone, at: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(at).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(at).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(at).ok(),
        // By the clocks as they are after the gap it is before it.
        AmbiguousOffset::Gap { after, .. } => {
            zone.following(after.to_timestamp(at).ok()?).next().map(|change| change.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The next runs, each strictly after the one before.
    #[track_caller]
    fn check(recurrence: &str, start_at: &str, zone: &str, now: &str, expected: &[&str]) {
        let zone = time_zone(zone).unwrap();
        let recurrence: Recurrence = recurrence.parse().unwrap();
        let mut now = time(now);
        let mut got = Vec::new();
        for _ in expected {
            let Some(next) = next(&recurrence, time(start_at), &zone, now) else { break };
            got.push(next.to_string());
            now = next;
        }
        assert_eq!(got, expected);
    }

    #[test]
    fn plain_ones() {
        let start = "2026-03-01T22:00:00Z"; // a Sunday
        check("none", start, "UTC", "2026-02-01T00:00:00Z", &["2026-03-01T22:00:00Z"]);
        check("hourly", start, "UTC", "2026-03-05T10:30:00Z", &["2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z"]);
        check("hourly", start, "UTC", "2026-02-01T00:00:00Z", &[start, "2026-03-01T23:00:00Z"]);
        check("daily", start, "UTC", "2026-02-01T00:00:00Z", &[start, "2026-03-02T22:00:00Z"]);
        check("daily", start, "UTC", "2030-07-01T22:00:00Z", &["2030-07-02T22:00:00Z"]);
        check("weekdays", start, "UTC", "2026-02-01T00:00:00Z", &["2026-03-02T22:00:00Z", "2026-03-03T22:00:00Z"]);
        check("weekdays", start, "UTC", "2026-03-06T22:00:00Z", &["2026-03-09T22:00:00Z"]);
        check("weekly", start, "UTC", "2026-03-01T22:00:00Z", &["2026-03-08T22:00:00Z", "2026-03-15T22:00:00Z"]);
        check("weekly", start, "UTC", "2031-01-01T00:00:00Z", &["2031-01-05T22:00:00Z"]);
    }

    #[test]
    fn none_comes_once() {
        let zone = TimeZone::UTC;
        assert_eq!(next(&Recurrence::None, time("2026-03-01T22:00:00Z"), &zone, time("2026-03-01T22:00:00Z")), None);
    }

    #[test]
    fn months_without_the_day_are_skipped() {
        let start = "2026-01-31T09:00:00Z";
        let expected = ["2026-03-31T09:00:00Z", "2026-05-31T09:00:00Z", "2026-07-31T09:00:00Z", "2026-08-31T09:00:00Z"];
        check("monthly", start, "UTC", start, &expected);
        check("monthly", "2027-01-29T09:00:00Z", "UTC", "2027-02-01T00:00:00Z", &["2027-03-29T09:00:00Z"]);
        check("monthly", "2028-01-29T09:00:00Z", "UTC", "2028-02-01T00:00:00Z", &["2028-02-29T09:00:00Z"]);
        check("monthly", "2026-01-31T09:00:00Z", "UTC", "2026-01-31T08:00:00Z", &["2026-01-31T09:00:00Z"]);
    }

    /// In Berlin clocks go forward on 2026-03-29 (01:00Z) and back on 2026-10-25 (01:00Z).
    #[test]
    fn wall_clock_time_is_kept_over_changes_of_the_clocks() {
        let berlin = "Europe/Berlin";
        let nine = ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"];
        check("daily", "2026-03-01T08:00:00Z", berlin, "2026-03-27T12:00:00Z", &nine);
        // Half past two does not exist: the first moment after the gap is three o'clock.
        let gap = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        check("daily", "2026-03-01T01:30:00Z", berlin, "2026-03-27T12:00:00Z", &gap);
        // Half past two comes twice: the first one only.
        let fold = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check("daily", "2026-10-01T00:30:00Z", berlin, "2026-10-23T12:00:00Z", &fold);
        check("weekly", "2026-03-22T01:30:00Z", berlin, "2026-03-22T12:00:00Z", &gap[1..2]);
        check("monthly", "2026-01-29T01:30:00Z", berlin, "2026-03-01T00:00:00Z", &gap[1..2]);
        // A start that is the second half past two itself.
        let second = ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"];
        check("daily", "2026-10-25T01:30:00Z", berlin, "2026-10-25T00:45:00Z", &second);
        // A zone whose clocks change by half an hour.
        let howe = ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"];
        check("daily", "2026-10-01T15:45:00Z", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", &howe);
    }

    #[test]
    fn cron() {
        let start = "2026-03-01T00:00:00Z";
        check("30 9 * * 1-5", start, "UTC", "2026-03-06T10:00:00Z", &["2026-03-09T09:30:00Z", "2026-03-10T09:30:00Z"]);
        check("*/15 * * * *", start, "UTC", "2026-03-06T10:00:00Z", &["2026-03-06T10:15:00Z"]);
        check("0 0 1 * *", start, "UTC", "2026-01-01T00:00:00Z", &[start, "2026-04-01T00:00:00Z"]);
        let gap = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        check("30 2 * * *", start, "Europe/Berlin", "2026-03-27T12:00:00Z", &gap);
        let fold = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check("30 2 * * *", start, "Europe/Berlin", "2026-10-23T12:00:00Z", &fold);
    }
}
