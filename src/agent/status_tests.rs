//! Tests of `status.rs`: a table with one line a case, and what holds for every input.

use proptest::prelude::*;

use super::*;
use Activity::*;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An agent that has been alive for long, and whose screen moved a second ago.
fn busy<'a>() -> Observed<'a> {
    Observed { has_output: true, age: secs(10_000), silence: secs(1), ..Observed::default() }
}

/// The same, but nothing has moved for as long.
fn still<'a>(seconds: u64) -> Observed<'a> {
    Observed { silence: secs(seconds), cpu_silence: Some(secs(seconds)), ..busy() }
}

fn says<'a>(said: Said) -> Option<Report<'a>> {
    Some(Report { said, message: None })
}

fn bar(state: ProgressState) -> Option<Progress> {
    Some(Progress { state, percent: None })
}

/// `expected` is status, activity, reason, and the seconds after which to look again.
#[track_caller]
fn check(observed: Observed<'_>, status: Status, activity: Activity, because: &str, recheck: Option<f64>) {
    let expected =
        Judgement { status, activity, because: because.to_owned(), recheck_in: recheck.map(Duration::from_secs_f64) };
    assert_eq!(judge(&observed), expected);
}

#[test]
fn an_end_beats_everything() {
    let ended =
        |code| Observed { exit: Some(code), suspended: true, report: says(Said::Working), delivering: true, ..busy() };
    check(ended(0), Status::Broken, Done, "it ended with code 0", None);
    check(ended(3), Status::Broken, Failed, "it ended with code 3", None);
    check(ended(137), Status::Broken, Failed, "it ended with code 137", None);
}

#[test]
fn suspended_beats_what_it_says() {
    let observed = Observed { suspended: true, report: says(Said::Working), ..busy() };
    check(observed, Status::Waiting, Suspended, "it is suspended", None);
}

#[test]
fn reports_of_hooks() {
    let check = |said: Said, silence, status, activity, recheck| {
        let because = format!("its hook says it is {said}");
        let observed = Observed { report: says(said), ..still(silence) };
        check(observed, status, activity, &because, recheck);
    };
    check(Said::Working, 1, Status::Streaming, Working, Some(299.0));
    check(Said::Working, 299, Status::Streaming, Working, Some(1.0));
    check(Said::Blocked, 1, Status::Waiting, Blocked, None);
    check(Said::Blocked, 9999, Status::Waiting, Blocked, None);
    check(Said::Idle, 1, Status::Waiting, Idle, None);
    check(Said::Done, 1, Status::Waiting, Done, None);
}

#[test]
fn messages_of_hooks() {
    let check = |message: &str, expected: &str| {
        let report = Some(Report { said: Said::Blocked, message: Some(message) });
        let because = judge(&Observed { report, ..busy() }).because;
        assert_eq!(because, format!("its hook says it is blocked{expected}"));
    };
    check("", "");
    check(" \n", "");
    check("may I run rm?", ": may I run rm?");
    check("two\nlines\x1b[31m", ": two lines [31m");
    check(&"x".repeat(500), &format!(": {}", "x".repeat(MESSAGE_CHARS)));
}

#[test]
fn marks_of_the_shell() {
    let check = |prompt, full_screen, activity, because: &str| {
        let judgement = judge(&Observed { prompt: Some(prompt), full_screen, ..busy() });
        assert_eq!((judgement.activity, &*judgement.because), (activity, because));
    };
    use PromptMark::*;
    check(Prompt, false, Idle, "its shell shows its prompt");
    check(Input, false, Idle, "its shell shows its prompt");
    check(Finished { exit: Some(1) }, false, Idle, "the command in its shell ended");
    check(Running, false, Working, "a command runs in its shell");
    check(Running, true, Working, "its screen moves");
}

#[test]
fn progress_bars() {
    let check = |state, because: &str| {
        let judgement = judge(&Observed { progress: bar(state), ..busy() });
        assert_eq!((judgement.activity, &*judgement.because), (Working, because));
    };
    check(ProgressState::Normal, "it shows a progress bar");
    check(ProgressState::Indeterminate, "it shows a progress bar");
    check(ProgressState::Error, "its screen moves");
    check(ProgressState::Paused, "its screen moves");
}

#[test]
fn bells() {
    let rang = |after: f64, silence: f64| {
        let rang = Some(Duration::from_secs_f64(after));
        Observed { rang, silence: Duration::from_secs_f64(silence), ..busy() }
    };
    let bell = "it rang the bell";
    check(rang(5.0, 5.0), Status::Waiting, Blocked, bell, None);
    check(rang(5.0, 4.5), Status::Waiting, Blocked, bell, None);
    // It went on after it had rung.
    check(rang(5.0, 2.0), Status::Streaming, Working, "its screen moves", Some(28.0));
    // Too early to tell: looked at again when it is not.
    check(rang(0.25, 0.25), Status::Streaming, Working, "its screen moves", Some(0.75));
    let judgement = judge(&Observed { foreground_is_shell: true, ..rang(5.0, 5.0) });
    assert_eq!(judgement.because, "its shell waits for a command", "shells ring at every unclear completion");
}

#[test]
fn titles() {
    let check = |title, activity, because: &str| {
        let judgement = judge(&Observed { title: Some(title), ..still(40) });
        assert_eq!((judgement.activity, &*judgement.because), (activity, because), "{title}");
    };
    let still = "its screen has not moved for 30 seconds";
    check("\u{2802} Fix the tests", Working, "its title shows a spinner");
    check("◐ build", Working, "its title shows a spinner");
    check("✳ Fix the tests", Idle, still);
    check("vim", Idle, still);
    check("", Idle, still);
}

#[test]
fn the_order_of_belief() {
    let rule = Verdict { activity: Blocked, because: "it shows a menu".into() };
    let all = Observed {
        report: says(Said::Done),
        progress: bar(ProgressState::Normal),
        prompt: Some(PromptMark::Input),
        rule: Some(&rule),
        foreground_is_shell: true,
        title: Some("\u{2802} left behind"),
        ..busy()
    };
    let check = |observed: Observed<'_>, expected: &str| assert_eq!(judge(&observed).because, expected);
    check(all, "its hook says it is done");
    let all = Observed { report: None, ..all };
    check(all, "it shows a progress bar");
    let all = Observed { progress: None, ..all };
    check(all, "its shell shows its prompt");
    let all = Observed { prompt: None, ..all };
    check(all, "it shows a menu");
    let all = Observed { rule: None, ..all };
    check(all, "its shell waits for a command");
    let all = Observed { foreground_is_shell: false, ..all };
    check(all, "its title shows a spinner");
    check(Observed { rang: Some(secs(1)), ..all }, "it rang the bell");
    check(Observed { title: None, ..all }, "its screen moves");
}

#[test]
fn stuck_needs_both_to_stand_still() {
    let rule = Verdict { activity: Working, because: "it shows a spinner".into() };
    let check = |silence, cpu: Option<u64>, activity, because: &str, recheck| {
        let observed = Observed { rule: Some(&rule), cpu_silence: cpu.map(secs), ..still(silence) };
        check(observed, Status::Streaming, activity, because, recheck);
    };
    let stuck = "it shows a spinner, but nothing has moved for 5 minutes";
    check(0, Some(0), Working, "it shows a spinner", Some(300.0));
    check(400, Some(0), Working, "it shows a spinner", Some(300.0));
    check(0, Some(400), Working, "it shows a spinner", Some(300.0));
    check(400, Some(280), Working, "it shows a spinner", Some(20.0));
    check(300, Some(300), Stuck, stuck, None);
    check(400, Some(400), Stuck, stuck, None);
    check(299, None, Working, "it shows a spinner", Some(1.0));
    check(300, None, Stuck, stuck, None);
}

#[test]
fn silence_without_a_claim() {
    let check = |silence, activity, status, because: &str, recheck| {
        check(still(silence), status, activity, because, recheck);
    };
    check(0, Working, Status::Streaming, "its screen moves", Some(30.0));
    check(29, Working, Status::Streaming, "its screen moves", Some(1.0));
    check(30, Idle, Status::Waiting, "its screen has not moved for 30 seconds", None);
    check(9999, Idle, Status::Waiting, "its screen has not moved for 30 seconds", None);
}

#[test]
fn the_first_moments() {
    let check = |millis, activity, because: &str, recheck| {
        let age = Duration::from_millis(millis);
        let observed = Observed { age, silence: age, ..Observed::default() };
        check(observed, Status::Streaming, activity, because, Some(recheck));
    };
    check(0, Starting, "it has shown nothing yet", 1.8);
    check(1700, Starting, "it has shown nothing yet", 0.1);
    check(1800, Working, "it runs and shows nothing", 28.2);
    let shell = Observed { foreground_is_shell: true, ..Observed::default() };
    assert_eq!(judge(&shell).activity, Starting);
    assert_eq!(judge(&Observed { has_output: true, ..shell }).activity, Idle);
}

#[test]
fn a_prompt_on_its_way_is_no_idleness() {
    let check = |observed: Observed<'_>, expected| {
        let judgement = judge(&Observed { delivering: true, ..observed });
        assert_eq!(judgement.activity, expected);
    };
    check(Observed::default(), Starting);
    check(still(9999), Starting);
    check(Observed { report: says(Said::Idle), ..busy() }, Starting);
    check(Observed { report: says(Said::Done), ..busy() }, Starting);
    check(Observed { report: says(Said::Blocked), ..busy() }, Blocked);
    check(Observed { report: says(Said::Working), ..busy() }, Working);
    check(Observed { foreground_is_shell: true, ..busy() }, Starting);
}

#[test]
fn words_are_read_as_they_are_written() {
    for activity in Activity::ALL {
        assert_eq!(activity.as_str().parse(), Ok(*activity));
    }
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(*status));
    }
    let error = "busy".parse::<Said>().unwrap_err().to_string();
    assert_eq!(error, "unknown report `busy`: one of working, blocked, idle, done");
}

fn duration() -> impl Strategy<Value = Duration> {
    // Near the limits, where mistakes are.
    let limits = [secs(0), START, STILL, STUCK];
    (prop::sample::select(limits.to_vec()), 0..2000_u64)
        .prop_map(|(limit, millis)| (limit + Duration::from_millis(millis)).saturating_sub(secs(1)))
}

prop_compose! {
    fn observed()(
        exit in prop::option::weighted(0.1, 0..3_i32),
        (suspended, full_screen, foreground_is_shell, has_output, delivering) in any::<(bool, bool, bool, bool, bool)>(),
        said in prop::option::of(prop::sample::select(Said::ALL.to_vec())),
        mark in prop::option::of(prop::sample::select(vec![PromptMark::Input, PromptMark::Running])),
        state in prop::option::of(prop::sample::select(vec![ProgressState::Normal, ProgressState::Paused])),
        rule in prop::option::of(prop::sample::select(vec![Working, Blocked, Idle, Done])),
        (age, silence) in (duration(), duration()),
        (cpu_silence, rang) in (prop::option::of(duration()), prop::option::of(duration())),
        title in prop::option::of(prop::sample::select(vec!["vim", "\u{2802} work"])),
    ) -> (Observed<'static>, Option<Verdict>) {
        let verdict = rule.map(|activity| Verdict { activity, because: "its screen says so".into() });
        let observed = Observed {
            exit, suspended: suspended && age > secs(100), report: said.and_then(says), prompt: mark,
            progress: state.and_then(bar), rule: None, full_screen, foreground_is_shell, has_output,
            delivering, age, silence, cpu_silence, rang, title,
        };
        (observed, verdict)
    }
}

fn later(observed: Observed<'_>, passed: Duration) -> Observed<'_> {
    Observed {
        age: observed.age + passed,
        silence: observed.silence + passed,
        cpu_silence: observed.cpu_silence.map(|silence| silence + passed),
        rang: observed.rang.map(|rang| rang + passed),
        ..observed
    }
}

proptest! {
    #[test]
    fn nothing_changes_before_the_recheck(
        (observed, verdict) in observed(),
        part in 0.0..1.0_f64,
        long in 0..1_000_000_u64,
    ) {
        let observed = Observed { rule: verdict.as_ref(), ..observed };
        let now = judge(&observed);
        let passed = match now.recheck_in {
            Some(recheck) => recheck.mul_f64(part).min(recheck.saturating_sub(Duration::from_nanos(1))),
            None => secs(long),
        };
        let then = judge(&later(observed, passed));
        prop_assert_eq!((now.status, now.activity, now.because), (then.status, then.activity, then.because));
    }

    #[test]
    fn rechecks_end((observed, verdict) in observed()) {
        let mut observed = Observed { rule: verdict.as_ref(), ..observed };
        // Starting, working, idle: no more steps than that, and none of length zero.
        for _ in 0..3 {
            let Some(recheck) = judge(&observed).recheck_in else { return Ok(()) };
            prop_assert!(!recheck.is_zero());
            observed = later(observed, recheck);
        }
        prop_assert_eq!(judge(&observed).recheck_in, None);
    }

    #[test]
    fn who_waits_or_has_ended_is_left_alone((observed, verdict) in observed()) {
        let judgement = judge(&Observed { rule: verdict.as_ref(), ..observed });
        if judgement.status != Status::Streaming {
            prop_assert_eq!(judgement.recheck_in, None);
        }
    }
}
