//! What a prompt, a wrapped command and a start cost, by the shell's own clock, the best of several rounds. The bars are 0.1 ms, 0.2 ms
//! and 1 ms, and what was measured is printed. A test fails at five times that: a busy machine is no failure, and a process that
//! somebody adds takes longer than that even on an idle one.

mod heavy {
    use super::super::{ALL, Kind, Stage};

    /// Microseconds that a round of a script takes in an interactive shell, the best of thirty; `each` runs in each round.
    fn best(stage: &Stage, kind: Kind, setup: &str, each: &str, count: u32) -> f64 {
        let script = kind.pick(
            format!(
                "{setup}\nbest=999999999\nfor r in {{1..30}}; do t=${{EPOCHREALTIME/./}}; for ((i = 0; i < {count}; i++)); do {each}; done\n\
                 t=$((${{EPOCHREALTIME/./}} - t)); ((t < best)) && best=$t; done; echo \"best $best\""
            ),
            format!(
                "zmodload zsh/datetime\n{setup}\nbest=999999999\nfor r in {{1..30}}; do t=$EPOCHREALTIME; for ((i = 0; i < {count}; i++)); do {each}; done\n\
                 t=$(( int((EPOCHREALTIME - t) * 1000000) )); ((t < best)) && best=$t; done; echo \"best $best\""
            )
            .replace("zmodload zsh/datetime", "zmodload zsh/datetime zsh/mathfunc"),
            // fish has no clock of its own: the time of a whole round is taken from outside, a longer one.
            format!("{setup}\nfor i in (seq {}); {each}; end", count * 20),
        );
        let flags: &[&str] = kind.pick(&["--norc", "-i", "-c"], &["-f", "-i", "-c"], &["--no-config", "-i", "-c"]);
        let run = || stage.sandbox.run(kind.name(), &[flags, &[script.as_str()]].concat()).ok();
        if kind == Kind::Fish {
            let rounds = (0..3).map(|_| crate::support::wait::timed(run).1.as_secs_f64() * 1e6);
            return rounds.fold(f64::INFINITY, f64::min) / f64::from(count * 20);
        }
        let printed = run();
        let best = printed.lines().find_map(|line| line.strip_prefix("best ")).expect("a time");
        best.trim_end_matches('.').parse::<f64>().expect("a number") / f64::from(count)
    }

    /// The same without what takes as long anyway.
    fn added(stage: &Stage, kind: Kind, setup: &str, each: &str, bare: &str, count: u32) -> f64 {
        best(stage, kind, setup, each, count) - best(stage, kind, setup, bare, count)
    }

    fn source(kind: Kind) -> String {
        format!("source {}", Stage::script(kind.name()).display())
    }

    #[test]
    fn a_prompt_adds_a_tenth_of_a_millisecond_at_most() {
        for kind in ALL {
            let stage = Stage::new();
            let projects: String = (0..3).map(|i| format!("bb p{i}\t/srv/project{i}\n")).collect();
            stage.default(&format!("dd global\n{projects}"));
            for pane in [None, Some("aa prod")] {
                if let Some(line) = pane {
                    stage.pane(line);
                }
                let took = added(&stage, kind, &source(kind), "__pintle_prompt", ":", 100);
                eprintln!("{kind:?}: a prompt, pane {pane:?}: {took:.1} µs");
                assert!(took < 5.0 * 100.0, "{kind:?}, pane {pane:?}: {took:.1} µs");
            }
        }
    }

    #[test]
    fn a_command_with_variables_adds_two_tenths_at_most() {
        for kind in ALL {
            let stage = Stage::new();
            stage.pane("bb dev");
            std::fs::remove_file(stage.sandbox.path("bin/kubectl")).expect("the fake");
            std::os::unix::fs::symlink("/bin/true", stage.sandbox.path("bin/kubectl")).expect("a quick program");
            let took = added(&stage, kind, &source(kind), "kubectl x", "EXTRA=x command kubectl x", 10);
            eprintln!("{kind:?}: a command with variables: {took:.1} µs");
            assert!(took < 5.0 * 200.0, "{kind:?}: {took:.1} µs");
        }
    }

    #[test]
    fn a_start_adds_a_millisecond_at_most() {
        for kind in ALL {
            let stage = Stage::new();
            stage.pane("bb dev");
            let took = added(&stage, kind, "", &source(kind), ":", 10);
            eprintln!("{kind:?}: reading the text: {took:.1} µs");
            let forget = kind.pick("__pintle_applied=?", "__pintle_applied=?", "set -g __pintle_applied '?'");
            let change = added(&stage, kind, &source(kind), &format!("{forget}; __pintle_prompt"), ":", 10);
            eprintln!("{kind:?}: a prompt that applies an environment: {change:.1} µs");
            assert!(took < 5.0 * 1000.0, "{kind:?}: {took:.1} µs");
        }
    }
}
