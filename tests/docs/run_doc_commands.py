#!/usr/bin/env python3
"""Runs each `$ expanalyze …` block of Markdown files and compares the output (standard library only).

    run_doc_commands.py PROGRAM FILE… [--update]

A block is a fence whose first line starts with "$ expanalyze"; the lines up to the next "$ " or the end of the fence are
its output (standard output, then standard error). Commands run in the source directory. A line "…" stands for any number
of lines. --update rewrites the output and keeps as many lines before the first and after the last "…" as there were.
"""
import argparse, difflib, os, subprocess, sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ELISION = "…"


def run(program, command):
    env = dict(os.environ, LC_ALL="C.UTF-8")
    env["PATH"] = os.path.dirname(program) + os.pathsep + env.get("PATH", "")
    done = subprocess.run(["sh", "-c", command], cwd=SOURCE, env=env, capture_output=True, timeout=600)
    return (done.stdout + done.stderr).decode("utf-8", errors="replace").splitlines()


def agrees(want, got):
    """Greedy: each piece between elisions at its first place, the last piece at the end."""
    if ELISION not in want:
        return want == got
    pieces, piece = [], []
    for line in want:
        if line == ELISION:
            pieces.append(piece)
            piece = []
        else:
            piece.append(line)
    head, middle, tail = pieces[0], pieces[1:], piece
    if got[:len(head)] != head or (tail and got[-len(tail):] != tail):
        return False
    at, end = len(head), len(got) - len(tail)
    for piece in middle:
        while at + len(piece) <= end and got[at:at + len(piece)] != piece:
            at += 1
        at += len(piece)
    return at <= end


def renewed(want, got):
    if ELISION not in want:
        return got
    head = want.index(ELISION)
    tail = want[::-1].index(ELISION)
    return got[:head] + [ELISION] + (got[-tail:] if tail else [])


def check(program, path, update):
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    out, i, good, commands = [], 0, True, 0
    fence = None
    while i < len(lines):
        line = lines[i]
        out.append(line)
        i += 1
        if line.startswith("```"):
            ticks = line[:len(line) - len(line.lstrip("`"))]
            if fence is None:
                fence = ticks
            elif line == fence:
                fence = None
            continue
        if fence is None or not line.startswith("$ expanalyze"):
            continue
        want = []
        while i < len(lines) and not lines[i].startswith("$ ") and lines[i] != fence:
            want.append(lines[i])
            i += 1
        got = run(program, line[2:])
        commands += 1
        if agrees(want, got):
            out += want
        elif update:
            out += renewed(want, got)
        else:
            good = False
            print(f"{os.path.relpath(path, SOURCE)}: {line}")
            print("\n".join(difflib.unified_diff(want, got, "in the document", "as run", lineterm="")))
            out += want
    if update and out != lines:
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n")
        print(f"rewrote {os.path.relpath(path, SOURCE)}")
    return good, commands


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    results = [check(os.path.abspath(args.program), os.path.abspath(f), args.update) for f in args.files]
    total = sum(n for _, n in results)
    print(f"{total} commands in {len(results)} documents")
    sys.exit(0 if all(g for g, _ in results) and total > 0 else 1)


if __name__ == "__main__":
    main()
