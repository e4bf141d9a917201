#!/usr/bin/env python3
"""What is read from every log that stands beside the project, one line a file: the table that a change is held against.

    every_log.py PROGRAM FOLDER…

Each file below the folders is inspected as if it had been named, then each folder that is one run. A line holds
path, format, runs, series, records, last step, last training loss, last evaluation, seconds, and notes; or why the file
was refused. Numbers have 6 digits; several runs show the least and the most. Standard library only.
"""
import collections, json, os, subprocess, sys

AT_ONCE = 40  # files a process: a crash costs a second look at that many


def files_below(folder):
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (os.path.join(where, name) for name in sorted(names))


def inspect(program, paths):
    """The inspected paths of one process, and those that it died of, with its status."""
    done = subprocess.run([program, "inspect", *paths, "--format", "json"], capture_output=True, timeout=600)
    if done.returncode in (0, 3) and done.stdout:
        return json.loads(done.stdout)["paths"]
    if len(paths) > 1:
        return [found for path in paths for found in inspect(program, [path])]
    reason = done.stderr.decode("utf-8", "replace").split("\n")[0].removeprefix("expanalyze: ")
    said = reason if done.returncode == 3 else f"DIED with status {done.returncode}: {reason}"
    return [{"path": paths[0], "runs": [], "unread": [{"path": paths[0], "reason": said}], "notes": []}]


def number(value):
    return "-" if value is None else value if isinstance(value, str) else f"{value:.6g}"


def spread(values):
    values = list(values)
    known = [v for v in values if v is not None]
    if not known:
        return "-"
    numbers = [v for v in known if not isinstance(v, str)]
    words = sorted({v for v in known if isinstance(v, str)})
    ends = [number(v) for v in ({min(numbers): 0, max(numbers): 0} if numbers else [])]
    holes = f" ({len(known)} of {len(values)})" if len(known) < len(values) else ""
    return "..".join(ends) + ("," if ends and words else "") + ",".join(words) + holes


def last_of(run, role):
    """The last value of the series that was chosen for a role."""
    names = [c["logged_as"] for c in run["roles"] if c["role"] == role]
    for series in run["series"]:
        if series["logged_as"] in names and series["role"] == role and not series["labels"] and series["last"]:
            return series["last"]["value"]
    return None


def axis_end(run, names):
    for axis in run["axes"]:
        if axis["axis"] in names and axis["source"] is not None:
            return axis["last"]
    return None


def notes(runs):
    """Runs of one file share the notes on its lines: the most that one of them has."""
    counts = collections.Counter()
    for run in runs:
        own = collections.Counter()
        for note in run["notes"]:
            own[note["code"]] += note["count"]
        counts |= own
    return " ".join(f"{code}:{n}" for code, n in sorted(counts.items()))


def evaluation(runs):
    ends = [run["last_evaluation"] for run in runs if run["last_evaluation"]]
    if not ends:
        return "-"
    names = sorted({end["series"] for end in ends})
    last = [run["last_evaluation"] and run["last_evaluation"]["last"] for run in runs]
    values = [point and point["value"] for point in last]
    return f"{names[0]}={spread(values)}" if len(names) == 1 else f"{len(names)} series={spread(values)}"


def row(path, runs):
    not_understood = max(run["lines"] - run["lines_understood"] for run in runs)
    cells = [path, "+".join(sorted({run["format"] for run in runs})), f"runs {len(runs)}",
             f"series {spread(len(run['series']) for run in runs)}", f"records {spread(run['records'] for run in runs)}",
             f"step {spread(run['last_step'] for run in runs)}",
             f"train {spread(last_of(run, 'train_loss') for run in runs)}", f"eval {evaluation(runs)}",
             f"seconds {spread(axis_end(run, ('wall',)) for run in runs)}",
             f"seen {spread(axis_end(run, ('tokens', 'samples')) for run in runs)}",
             f"settings {spread(len(run['config']['values']) for run in runs)}"]
    if not_understood:
        cells.append(f"not understood {not_understood}")
    return " | ".join(cells + [text for text in [notes(runs)] if text])


def in_tables(program, folders):
    """A row a named file; a folder that is one run follows."""
    files = [path for folder in folders for path in files_below(folder)]
    for start in range(0, len(files), AT_ONCE):
        for found in inspect(program, files[start:start + AT_ONCE]):
            if found["runs"]:
                yield row(found["path"], found["runs"])
            for refused in found["unread"]:
                yield f"{found['path']} | refused | {refused['reason'].removeprefix(found['path'] + ': ')}"
    for found in inspect(program, folders):
        whole = collections.defaultdict(list)
        for run in found["runs"]:
            if os.path.isdir(run["path"]):
                whole[run["path"]].append(run)
        yield from (row(path + "/", runs) for path, runs in sorted(whole.items()))


def main():
    program, *folders = sys.argv[1:]
    lines = list(in_tables(os.path.abspath(program), folders))
    print("\n".join(lines))
    refused = sum(" | refused | " in line for line in lines)
    print(f"\n{len(lines) - refused} logs read, {refused} files refused")


if __name__ == "__main__":
    main()
