//! A run as a timeline, in the format that the viewers of Chrome and Perfetto read: the events of `Trace Event Format`,
//! as JSON.
//!
//! What passes did is shown by threads, as they take turns in decoding and scanning; each operator has a line for each
//! of its partitions, from its first to its last batch.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Explanation, Span, Step, text};

/// The number that the viewer knows the passes by, which it shows as a process.
const PASSES: u64 = 1;

impl Explanation {
    /// The run as JSON for <https://ui.perfetto.dev> and `chrome://tracing`: when threads read which pass, and when
    /// which operator was at work. Without a run it is empty.
    pub fn to_trace(&self) -> String {
        let mut trace = Trace { start: self.first_moment(), events: Vec::new() };
        trace.name("process_name", PASSES, 0, "passes");
        let mut threads = BTreeSet::new();
        for (number, pass) in self.passes.iter().enumerate() {
            let name = format!("pass {}: {}", number + 1, pass.source);
            for work in pass.run.iter().flat_map(|run| &run.work) {
                threads.insert(work.thread);
                trace.event(&name, PASSES, work.thread, work.begin, work.len, json!({}));
            }
        }
        for thread in threads {
            trace.name("thread_name", PASSES, thread, &format!("thread {thread}"));
        }
        let shared = self.shared.iter().enumerate();
        let shared = shared.map(|(number, shared)| (format!("shared {}", number + 1), &shared.plan));
        let outputs = self.outputs.iter().enumerate();
        let outputs = outputs.map(|(number, output)| (format!("output {}", number + 1), &output.plan));
        for (process, (name, plan)) in (PASSES + 1..).zip(shared.chain(outputs)) {
            trace.name("process_name", process, 0, &name);
            trace.plan(process, plan, &mut 0);
        }
        json!({ "displayTimeUnit": "ms", "traceEvents": trace.events }).to_string()
    }

    fn first_moment(&self) -> SystemTime {
        fn of_step(step: &Step) -> Option<SystemTime> {
            let own = step.spans.iter().map(|span| span.begin);
            own.chain(step.inputs.iter().filter_map(of_step)).min()
        }
        let plans = self.outputs.iter().map(|output| &output.plan);
        let plans = plans.chain(self.shared.iter().map(|shared| &shared.plan));
        let work = self.passes.iter().flat_map(|pass| &pass.run).flat_map(|run| &run.work);
        let first = plans.filter_map(of_step).chain(work.map(|work| work.begin)).min();
        first.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

struct Trace {
    start: SystemTime,
    events: Vec<Value>,
}

impl Trace {
    /// Names a process or a line.
    fn name(&mut self, what: &str, process: u64, line: u64, name: &str) {
        let args = json!({ "name": name });
        self.events.push(json!({ "ph": "M", "name": what, "pid": process, "tid": line, "args": args }));
    }

    fn event(&mut self, name: &str, process: u64, line: u64, begin: SystemTime, len: Duration, args: Value) {
        let begin = begin.duration_since(self.start).unwrap_or_default();
        self.events.push(json!({
            "ph": "X", "name": name, "pid": process, "tid": line, "args": args,
            "ts": micros(begin), "dur": micros(len),
        }));
    }

    /// The operators of a plan, the topmost first, each with a line for each partition.
    fn plan(&mut self, process: u64, step: &Step, line: &mut u64) {
        let operator = step.operator.split(':').next().unwrap_or_default();
        let name = match (&step.summary, &step.read) {
            (_, Some((from, _))) => format!("read {}", text::name(*from)),
            (Some(summary), None) => summary.title.clone(),
            (None, None) => operator.strip_suffix("Exec").unwrap_or(operator).to_owned(),
        };
        for span in &step.spans {
            *line += 1;
            self.name("thread_name", process, *line, &format!("{name} [{}]", span.partition));
            self.event(&name, process, *line, span.begin, span.duration(), args(step, span));
        }
        for input in &step.inputs {
            self.plan(process, input, line);
        }
    }
}

fn args(step: &Step, span: &Span) -> Value {
    json!({ "operator": step.operator, "rows": span.rows, "busy_ms": micros(span.busy) / 1000.0 })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
