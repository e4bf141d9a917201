#!/usr/bin/env python3
"""Pages of docs/reference that the program writes itself are what it writes today (standard library only).

    generated.py PROGRAM [--update]
"""
import difflib, os, subprocess, sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGES = {
    "docs/reference/formats.md": ["formats", "--format", "markdown"],
    "docs/reference/diagnoses.md": ["explain", "--format", "markdown"],
    "docs/reference/built-in-cards.md": ["theory", "show", "--format", "markdown"],
}


def main():
    program, update = os.path.abspath(sys.argv[1]), "--update" in sys.argv[2:]
    stale = 0
    for name, arguments in PAGES.items():
        path = os.path.join(SOURCE, name)
        now = subprocess.run([program, *arguments], capture_output=True, check=True, timeout=60).stdout.decode()
        stands = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
        if stands == now:
            continue
        if update:
            with open(path, "w", encoding="utf-8") as f:
                f.write(now)
            print(f"rewrote {name}")
            continue
        stale += 1
        print(f"{name} is stale: build the target update-golden")
        sys.stdout.writelines(difflib.unified_diff(stands.splitlines(True), now.splitlines(True), name, "as printed"))
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
