"""`python -m nst_core doctor`: the report of the checks, as text or as JSON."""

from __future__ import annotations

import argparse
import json
from collections import Counter

from nst_core.doctor import examine
from nst_core.doctor.finding import Finding, counted


def doctor(arguments: argparse.Namespace) -> int:
    """Print the findings of the checks; returns 1 if one is a problem, else 0."""
    levels: Counter[str] = Counter()
    found: list[tuple[str, Finding]] = []
    for name, finding in examine(arguments.checks):
        levels[finding.level] += 1
        found.append((name, finding))
        if not arguments.json:
            print(_line(name, finding), flush=True)
    if arguments.json:
        findings = [{"check": name, "level": f.level, "text": f.text, "remedy": f.remedy} for name, f in found]
        report = {"problems": levels["problem"], "warnings": levels["warning"], "findings": findings}
        print(json.dumps(report, indent=2))
    else:
        print(f"{counted(levels['problem'], 'problem')}, {counted(levels['warning'], 'warning')}")
    return 1 if levels["problem"] else 0


def _line(name: str, finding: Finding) -> str:
    remedy = f"\n{'':18} -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.level:8} {name:9} {finding.text}{remedy}"
