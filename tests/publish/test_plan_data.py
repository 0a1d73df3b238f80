"""The plan register as shipped: complete, printed oddities kept, events that fit their tasks."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import publish

_HERE = Path(publish.__file__).parent


def read(name: str) -> Any:
    return json.loads((_HERE / name).read_text(encoding="utf-8"))


def test_35_tasks_in_five_groups() -> None:
    groups = Counter(task["group"] for task in read("plan_171.json")["tasks"])
    assert groups == {1: 3, 2: 7, 3: 7, 4: 6, 5: 12}


def test_a_printed_oddity_stays_printed() -> None:
    task = next(task for task in read("plan_171.json")["tasks"] if task["no"] == "4.2")
    assert task["timing_as_printed"] == "Giai đoạn 2024-2023"
    assert (task["timing"]["end"], task["timing"]["assumed"]) == (2030, True)


def test_every_event_counts_for_a_task_that_logs_cases() -> None:
    roles = {task["no"]: task["case_logging"]["role"] for task in read("plan_171.json")["tasks"]}
    events = read("plan_events.json")["events"]
    assert {roles[event["task"]] for event in events} == {"core", "direct", "supporting"}
    assert {event["event"] for event in events if event["task"] == "4.5"} == {"handled"}


def test_every_task_that_can_log_a_case_has_an_event() -> None:
    tasks = {
        task["no"]
        for task in read("plan_171.json")["tasks"]
        if task["case_logging"]["role"] in {"core", "direct", "supporting"}
    }
    assert {event["task"] for event in read("plan_events.json")["events"]} == tasks


def test_successors_are_of_printed_agencies_and_say_how_sure_they_are() -> None:
    printed = set(read("plan_171.json")["agencies_as_printed"])
    agencies = read("agencies.json")
    rows = agencies["successors"]
    assert {row["printed"] for row in rows} | set(agencies["successor_not_found"]) <= printed
    assert not {row["printed"] for row in rows} & set(agencies["successor_not_found"])
    assert {row["certainty"] for row in rows} <= {"read", "infer", "unverified"}
    assert all(row["successor"].strip() for row in rows)
    assert all(date.fromisoformat(row[end]) for row in rows for end in ("valid_from", "valid_to") if row[end])


def test_every_event_has_words_of_its_own() -> None:
    events = read("plan_events.json")["events"]
    assert all(event["label"].strip() and event["hint"].strip() for event in events)
    assert len({event["label"] for event in events}) == len({event["event"] for event in events}) == 21


def test_the_yearly_report_is_due_before_15_december() -> None:
    yearly = next(duty for duty in read("plan_171.json")["reporting_duties"] if duty["id"] == "R1")
    assert yearly["deadline"] == {"rule": "before", "month": 12, "day": 15}
