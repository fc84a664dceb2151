//! Times and sizes on both sides: `server` towards callers, `upstream` towards providers.

use std::{num::NonZeroUsize, thread, time::Duration};

use crate::config::{Server, Upstream, reader::Section};

const MOST_THREADS: usize = 1024;
const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

pub(super) fn server(mut section: Section<'_>) -> Server {
    let cpus = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS);
    let server = Server {
        threads: NonZeroUsize::new(section.count("threads", cpus, 1..=MOST_THREADS))
            .unwrap_or(NonZeroUsize::MIN),
        max_body: bytes(section.size("max_body", 10 * MIB, KIB..=GIB)),
        max_head: bytes(section.size("max_head", 64 * KIB, 8 * KIB..=MIB)),
        head_timeout: section.duration(
            "head_timeout",
            Duration::from_secs(10),
            MILLISECOND..=10 * MINUTE,
        ),
        idle_timeout: section.duration("idle_timeout", Duration::from_secs(75), MILLISECOND..=HOUR),
        body_timeout: section.duration("body_timeout", Duration::from_secs(30), MILLISECOND..=HOUR),
        max_in_flight: section.count("max_in_flight", 1024, 1..=1_000_000),
        drain: section.duration("drain", Duration::from_secs(30), Duration::ZERO..=HOUR),
    };
    section.finish();
    server
}

pub(super) fn upstream(mut section: Section<'_>) -> Upstream {
    let upstream = Upstream {
        connect_timeout: section.duration(
            "connect_timeout",
            Duration::from_secs(5),
            MILLISECOND..=5 * MINUTE,
        ),
        first_byte_timeout: section.duration("first_byte_timeout", MINUTE, MILLISECOND..=HOUR),
        idle_timeout: section.duration("idle_timeout", MINUTE, MILLISECOND..=HOUR),
        total_timeout: section.duration("total_timeout", 10 * MINUTE, MILLISECOND..=DAY),
        retries: section.count("retries", 2, 0..=10).try_into().unwrap_or(u32::MAX),
        backoff: section.duration("backoff", Duration::from_millis(250), MILLISECOND..=MINUTE),
        max_retry_after: section.duration(
            "max_retry_after",
            Duration::from_secs(5),
            Duration::ZERO..=10 * MINUTE,
        ),
        breaker_failures: section
            .count("breaker_failures", 5, 1..=1000)
            .try_into()
            .unwrap_or(u32::MAX),
        breaker_cooldown: section.duration(
            "breaker_cooldown",
            Duration::from_secs(10),
            MILLISECOND..=HOUR,
        ),
        probe: section.optional_duration("probe", MILLISECOND..=HOUR),
        is_strict: section.choice("inexpressible", false, &[("drop", false), ("refuse", true)]),
    };
    if upstream.total_timeout < upstream.first_byte_timeout.max(upstream.connect_timeout) {
        let path = format!("{}.total_timeout", section.path());
        section
            .warn(&path, "shorter than connect_timeout or first_byte_timeout, which it cuts off");
    }
    section.finish();
    upstream
}

fn bytes(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
