"""The result as tables for a terminal."""

from .load import CONNECTIONS
from .stream_mock import INTERVAL_SECONDS, PAIR_SECONDS
from .streams import STREAMS


def show(result):
    about, (server, load) = result["machine"], result["pinned"]
    print(f"{about['cpu']}, {about['cores']} cores; load before: {about['load_before']}")
    if server == load:
        print("load, mock and the server under test share all cores")
    else:
        print(f"the server under test on core {listed(server)}, load and mock on {listed(load)}")
    print(f"medians of {result['rounds']} interleaved rounds of {result['seconds']:g} s")
    for part, table in {"start": start, "proxy": proxy, "rates": rates, "streams": streams}.items():
        if part in result:
            print()
            table(result[part])
    if "exact" in result:
        hits(result)


def listed(cores):
    return ", ".join(map(str, cores))


def start(servers):
    row("", ("ready, ms", 11), ("idle, MiB", 11))
    for name, values in servers.items():
        row(name, (f"{values['ready_ms']:.0f}", 11), (f"{values['resident_mib']:.1f}", 11))
    print("ready: from its start until it says so; idle: resident memory before any request")


def proxy(servers):
    row("", ("p50, us", 9), ("added", 8), ("p99, us", 9), ("requests/s", 12), ("to nginx", 10), ("CPU, us", 9), ("cores", 7))
    for name, values in servers.items():
        row(name, (f"{values['p50_us']:.0f}", 9), (f"{values['added_p50_us']:.0f}", 8), (f"{values['p99_us']:.0f}", 9),
            (f"{values['requests_per_second']:.0f}", 12), (f"{values['throughput_to_nginx']:.2f}", 10),
            (f"{values['cpu_us_per_request']:.1f}", 9), (f"{values['cores_used']:.2f}", 7))
    print(f"latency with 1 connection; with {CONNECTIONS}: requests/s, CPU time of the server a request, cores it used")


def rates(all_rates):
    for measured in all_rates:
        row(f"{measured['rate']} requests/s", ("p50, us", 9), ("added", 8), ("p99, us", 9), ("added", 8), ("answered/s", 12),
            ("cores", 7))
        for name, values in measured["servers"].items():
            row(name, (f"{values['p50_us']:.0f}", 9), (f"{values['added_p50_us']:.0f}", 8), (f"{values['p99_us']:.0f}", 9),
                (f"{values['added_p99_us']:.0f}", 8), (f"{values['requests_per_second']:.0f}", 12),
                (f"{values['cores_used']:.2f}", 7), ("" if values["kept_up"] else "  not kept up", 0))
    print("at a fixed rate, from when a request was due; without servers whose throughput is below it. Where a rate was not kept")
    print("up with and the server had some of its core left, the load generator was at its limit")


def streams(servers):
    row("first token, ms", ("p50", 8), ("added", 8), ("p99", 8), ("added", 8), ("a token", 9), ("p99", 8), ("gap p99", 9),
        ("worst", 8))
    for name, values in servers.items():
        row(name, (f"{values['first_token_p50_ms']:.2f}", 8), (f"{values['added_first_token_p50_ms']:.2f}", 8),
            (f"{values['first_token_p99_ms']:.2f}", 8), (f"{values['added_first_token_p99_ms']:.2f}", 8),
            (f"{values['token_p50_ms']:.2f}", 9), (f"{values['token_p99_ms']:.2f}", 8),
            (f"{values['gap_p99_ms']:.2f}", 9), (f"{values['gap_p100_ms']:.2f}", 8))
    print(f"{STREAMS} streams at once, two tokens every {INTERVAL_SECONDS * 1e3:g} ms, {PAIR_SECONDS * 1e3:g} ms apart;"
          " a token: from its writing until it is read;")
    print("gap: the largest of a stream between two events, beyond the gap between their writing")


def hits(result):
    print()
    for name in ("exact", "semantic"):
        values = result[name]
        if not values["hits"]:
            continue
        tokens = f" of {values['median_tokens']:g} tokens" if "median_tokens" in values else ""
        print(f"{name} hits: {values['hits']} of {values['requests']} requests{tokens};"
              f" to the client p50 {values['p50_us']} us, p99 {values['p99_us']} us;"
              f" the gateway's own share p50 {values['own_p50_us']} us, p99 {values['own_p99_us']} us")
        if "embedding_alone_p50_us" in values:
            print(f"of that, an embedding alone p50 {values['embedding_alone_p50_us']:g} us, over other questions as long")
    print(f"resident memory of the gateway with its cache: {result['resident_mib']} MiB")


def row(name, *cells):
    print(f"{name:20}" + "".join(f"{text:>{width}}" for text, width in cells))
