#!/usr/bin/env python3
"""Whole-program cases: run a command, compare what it prints (standard library only).

    run_golden.py PROGRAM CASE [--update]

A case is a folder with `cmd` (a shell line in which `expanalyze` is PROGRAM), run inside the folder, and the expected
`stdout`, `stderr` and `status`. A folder with a file `where` runs its command in that directory instead (relative to the
source tree, which is $SOURCE) and is skipped, status 77, when it is not there. On failure a unified diff is printed and what came is left
beside as *.received; --update accepts it.
"""
import argparse, difflib, os, subprocess, sys

SKIP = 77
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))


def read(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8", errors="replace", newline="") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)


def working_directory(case):
    where = read(os.path.join(case, "where"))
    return case if where is None else os.path.join(SOURCE, where.strip())


def run(program, case):
    env = dict(os.environ, LC_ALL="C.UTF-8", PROGRAM=program, SOURCE=SOURCE)
    env["PATH"] = os.path.dirname(program) + os.pathsep + env.get("PATH", "")
    done = subprocess.run(["sh", "-c", read(os.path.join(case, "cmd"))], cwd=working_directory(case), env=env,
                          capture_output=True, timeout=1200)
    text = lambda b: b.decode("utf-8", errors="replace")
    return {"stdout": text(done.stdout), "stderr": text(done.stderr), "status": f"{done.returncode}\n"}


def compare(case, got, update):
    same = True
    for name, text in got.items():
        path, received = os.path.join(case, name), os.path.join(case, name + ".received")
        want = read(path)
        if os.path.exists(received):
            os.remove(received)
        if want == text:
            continue
        if update:
            write(path, text)
            print(f"accepted {os.path.relpath(path, SOURCE)}")
            continue
        same = False
        write(received, text)
        if want is None:
            print(f"{os.path.relpath(path, SOURCE)} is missing: look at {name}.received, then build the target update-golden")
        sys.stdout.writelines(difflib.unified_diff((want or "").splitlines(True), text.splitlines(True), name, name + ".received"))
    return same


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    worst = 0
    for case in map(os.path.abspath, args.cases):
        if not os.path.isdir(working_directory(case)):
            print(f"skipped: {os.path.basename(case)} needs {read(os.path.join(case, 'where')).strip()}, which is not here")
            worst = max(worst, SKIP if len(args.cases) == 1 else 0)
        elif not compare(case, run(os.path.abspath(args.program), case), args.update):
            worst = 1
    sys.exit(worst)


if __name__ == "__main__":
    main()
