"""Writes the figures of docs/performance.json into docs/performance.md, and draws two pictures,
each for light and for dark pages.

    python3 benches/render.py              # needs matplotlib; benches/run.py calls it
    python3 benches/render.py --check      # whether the page has the figures; needs nothing
"""

import json
import pathlib
import sys
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by benches/render.py -->", "<!-- end of the figures -->"
SIZES = [10, 100, 1_000, 10_000, 100_000, 1_000_000]

# What is aimed at: its words, its figure, the bound, whether that is the least or the most.
AIMS = [
    ("POST, of the bare server's throughput", "gateway.post.throughput", 0.60, "least"),
    ("GET, of the bare server's throughput", "gateway.get.throughput", 0.75, "least"),
    ("memory with 1,000,000 transactions, MiB", "held.1000000.resident", 1024, "most"),
    ("CPU of a POST, 1,000,000 held to 1,000", "flat.post", 1.25, "most"),
    ("CPU of a GET, 1,000,000 held to 1,000", "flat.get", 1.25, "most"),
    ("callbacks a second to one listener", "callbacks.one.rate", 30_000, "least"),
    ("lateness of settling, p99, ms", "settling.lateness.p99", 5, "most"),
    ("100,000 settled by one advance, ms", "virtual_day.advance", 250, "most"),
    ("soak: memory grown, %", "soak.growth", 2, "most"),
    ("soak: answers other than 202", "soak.errors", 0, "most"),
    ("soak: callbacks missing", "soak.missing", 0, "most"),
    ("soak: callbacks that came twice", "soak.doubled", 0, "most"),
]

SECTIONS = [
    ("Requests", "gateway."),
    ("Callbacks", "callbacks."),
    ("Settling", "settling."),
    ("A virtual day, a reset", "virtual_day."),
    ("By how many are held", "held."),
    ("Parts of a request", "core."),
    ("Start", "start."),
    ("Load with wrk", "load."),
    ("Soak", "soak."),
]


def short(value: float) -> str:
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == 0 else f"{value:.3g}"


def with_flatness(figures: dict) -> dict:
    """The figures, and how much more a request costs with a million held than with a thousand."""
    figures = dict(figures)
    for load in ("post", "get"):
        few, many = (figures.get(f"held.{held}.{load}.cpu") for held in (1_000, 1_000_000))
        if few and many:
            runs = [a / b for a, b in zip(many["runs"], few["runs"])]
            median = sorted(runs)[len(runs) // 2]
            figures[f"flat.{load}"] = {"median": median, "least": min(runs), "most": max(runs)}
    return figures


def table_of_aims(figures: dict) -> list:
    lines = ["| aim | bound | measured | spread | met |", "|---|---|---|---|---|"]
    for words, name, bound, kind in AIMS:
        one = figures.get(name)
        if one is None:
            lines.append(f"| {words} | at {kind} {short(bound)} | not measured yet | | |")
            continue
        met = one["median"] >= bound if kind == "least" else one["median"] <= bound
        spread = f"{short(one['least'])} to {short(one['most'])}"
        verdict = "yes" if met else "**no**"
        median = short(one["median"])
        lines.append(f"| {words} | at {kind} {short(bound)} | {median} | {spread} | {verdict} |")
    return lines


def rendered(result: dict) -> str:
    figures, machine = with_flatness(result["figures"]), result["machine"]
    lines = [
        f"Measured on {result['date']} at commit {result['commit']}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory']}, {machine['kernel']}; load before the "
        f"start {machine['load_before']}; {result['connections']} connections; medians of "
        f"{result['runs']} runs, with the least and the most of all their rounds.",
        "",
        *table_of_aims(figures),
    ]
    for title, begins in SECTIONS:
        of = {name: one for name, one in figures.items() if name.startswith(begins)}
        if of:
            lines += ["", f"### {title}", "", "| figure | median | spread | |", "|---|---|---|---|"]
        for name, one in of.items():
            spread = f"{short(one['least'])} to {short(one['most'])}"
            lines.append(f"| `{name}` | {short(one['median'])} | {spread} | {one['unit']} |")
    return "\n".join(lines)


def page_with(figures: str) -> str:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


# The bars: their words, the figure, and what is aimed at.
RATIOS = [
    ("POST requesttopay", "gateway.post.throughput", 0.60),
    ("GET status", "gateway.get.throughput", 0.75),
    ("callbacks, 1 listener", "callbacks.one.throughput", None),
    ("callbacks, 64 listeners", "callbacks.many.throughput", None),
]

# What is drawn on a light page and, as the second, on a dark one. The ground is transparent.
INK = ("#1b2430", "#e6eaf0")
RULE = ("#8a94a0", "#6d7885")
BLUE = ("#4a80b8", "#4f8bcb")
GREEN = ("#23744a", "#63c38f")
RED = ("#b3261e", "#ff8a80")
COLOURS = [INK, RULE, BLUE, GREEN, RED]


def draw(figures: dict) -> None:
    import matplotlib

    matplotlib.use("svg")
    light, rule = INK[0], RULE[0]
    matplotlib.rcParams.update({
        "svg.hashsalt": "momo", "font.size": 11, "svg.fonttype": "none",
        "font.family": "sans-serif", "figure.facecolor": "none", "axes.facecolor": "none",
        "savefig.facecolor": "none", "savefig.edgecolor": "none", "legend.facecolor": "none",
        "legend.edgecolor": "none", "patch.edgecolor": light,
        "text.color": light, "axes.labelcolor": light,
        "xtick.color": light, "ytick.color": light, "axes.edgecolor": rule, "grid.color": rule,
    })
    from matplotlib import pyplot

    folder = ROOT / "docs" / "pictures"
    draw_ratios(pyplot, figures, folder / "ratios")
    draw_sizes(pyplot, figures, folder / "cost-by-size")


def save(pyplot, figure, path: pathlib.Path, words: tuple) -> None:
    file = path.with_suffix(".svg")
    figure.savefig(file, metadata={"Date": None})
    if "--png" in sys.argv:
        figure.savefig(ROOT / "target" / f"{path.name}.png", dpi=100, facecolor="white")
    pyplot.close(figure)
    light = with_words(file.read_text(), words)
    file.write_text(light)
    dark = light
    for on_light, on_dark in COLOURS:
        dark = dark.replace(on_light, on_dark)
    path.with_name(f"{path.name}-dark.svg").write_text(dark)


def with_words(svg: str, words: tuple) -> str:
    """The picture with a title and a description, for who does not see it."""
    head, opened, rest = svg.partition("<svg ")
    attributes, closed, rest = rest.partition(">")
    # Text and marks without a colour of their own are black.
    attributes = f'role="img" fill="{INK[0]}" {attributes}'
    return f"{head}{opened}{attributes}{closed}{lines_of(words)}{rest}"


def lines_of(words: tuple) -> str:
    title, description = map(escape, words)
    return f"\n <title>{title}</title>\n <desc>{description}</desc>"


def words_of_ratios(figures: dict) -> tuple:
    each = [f"{words}: {figures[name]['median']:.0%}" for words, name, _ in RATIOS]
    aims = [f"{words} at least {aim:.0%}" for words, _, aim in RATIOS if aim]
    return ("Throughput beside bare hyper",
            f"Bars of throughput, of bare hyper's on the same cores. {'; '.join(each)}. "
            f"Aimed at: {'; '.join(aims)}.")


def words_of_sizes(figures: dict) -> tuple:
    each = []
    for load in ("post", "get"):
        sizes = [size for size in SIZES if f"held.{size}.{load}.cpu" in figures]
        few, many = (figures[f"held.{size}.{load}.cpu"] for size in (sizes[0], sizes[-1]))
        each.append(f"{load.upper()}: {short(few['median'])} µs with {sizes[0]:,} held, "
                    f"{short(many['median'])} µs with {sizes[-1]:,}")
    return ("CPU a request by how many transactions are held",
            f"Lines of the CPU that a request takes. {'; '.join(each)}.")


def check_pictures(figures: dict) -> None:
    """Whether the pictures are of these figures, and have a light and a dark variant."""
    for name, words in (("ratios", words_of_ratios), ("cost-by-size", words_of_sizes)):
        for file in (f"{name}.svg", f"{name}-dark.svg"):
            svg = (ROOT / "docs" / "pictures" / file).read_text()
            if lines_of(words(figures)) not in svg or "fill: #ffffff" in svg:
                sys.exit(f"docs/pictures/{file} is not what docs/performance.json says: "
                         "run benches/render.py")


def draw_ratios(pyplot, figures: dict, path: pathlib.Path) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 3.2), layout="constrained")
    for at, (_, name, aim) in enumerate(RATIOS):
        one = figures[name]
        median = one["median"]
        errors = [[median - one["least"]], [one["most"] - median]]
        axes.barh(at, median, xerr=errors, color=BLUE[0], ecolor=INK[0], height=0.55,
                  capsize=3)
        axes.text(one["most"] + 0.02, at, f"{median:.0%}", va="center")
        if aim:
            axes.plot([aim, aim], [at - 0.4, at + 0.4], color=RED[0], linewidth=2.5,
                      label="aim" if at == 0 else None)
    axes.set_yticks(range(len(RATIOS)), [words for words, _, _ in RATIOS])
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.1, *(figures[name]["most"] + 0.15 for _, name, _ in RATIOS)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("throughput, of bare hyper's on the same cores")
    axes.legend(loc="upper right")
    axes.spines[["top", "right"]].set_visible(False)
    save(pyplot, figure, path, words_of_ratios(figures))


def draw_sizes(pyplot, figures: dict, path: pathlib.Path) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 3.8), layout="constrained")
    for load, words, colour in (("post", "POST", BLUE[0]), ("get", "GET", GREEN[0])):
        sizes = [size for size in SIZES if f"held.{size}.{load}.cpu" in figures]
        of = [figures[f"held.{size}.{load}.cpu"] for size in sizes]
        axes.plot(sizes, [one["median"] for one in of], "o-", color=colour, label=words)
        least, most = [one["least"] for one in of], [one["most"] for one in of]
        axes.fill_between(sizes, least, most, color=colour, alpha=0.2)
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("transactions held")
    axes.set_ylabel("µs of CPU a request")
    axes.grid(axis="y", alpha=0.3)
    axes.legend()
    axes.spines[["top", "right"]].set_visible(False)
    save(pyplot, figure, path, words_of_sizes(figures))


def main() -> None:
    file = ROOT / "docs" / "performance.json"
    if "--check" in sys.argv and not file.exists():
        return
    result = json.loads(file.read_text())
    page = page_with(rendered(result))
    if "--check" in sys.argv:
        if page != PAGE.read_text():
            sys.exit("docs/performance.md is not what docs/performance.json says: "
                     "run python3 benches/run.py, or benches/render.py")
        check_pictures(with_flatness(result["figures"]))
        return
    PAGE.write_text(page)
    draw(with_flatness(result["figures"]))


main()
