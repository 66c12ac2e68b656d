"""Exports in all three modes: what they hold, and what both verifiers say of them."""

import json
import zipfile
from pathlib import Path

import pytest

from shared.export.exporter import Wanted, export
from shared.export.heads import remembered
from shared.kernel.errors import InvalidValueError, NotFoundError
from tests.attacks.make_bundle import SECRET, commitment, entries_of
from tests.integration.export.conftest import Judge
from tests.integration.export.memory_logs import AT_ONCE, TRUST, MemoryLogs

NO_SEEN = {"CONSISTENT-WITH-SEEN": "not checked"}
ALL_YES = dict.fromkeys(
    ("INTACT", "AUTHENTIC", "WITNESSED", "CONSISTENT-WITH-SEEN", "REPRODUCED", "COMPLETE"), "yes"
)
PROBLEM = "YL-T1R1-U01-007"


def content(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def exported(logs: MemoryLogs, target: Path, wanted: Wanted | None = None) -> Path:
    return export(logs, TRUST, target, wanted or Wanted(), patience=AT_ONCE).path


class TestFull:
    def test_holds_every_record_and_proves_itself(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        bundle = exported(logs, tmp_path / "full.duban.zip")
        files = content(bundle)
        for service, log in logs.logs.items():
            assert entries_of(service, log.records).items() <= files.items()
        seen = [log.checkpoint(size=5) for log in logs.logs.values()]
        assert judged(bundle, seen=seen) == ALL_YES
        assert judged(bundle) == ALL_YES | NO_SEEN

    def test_of_the_same_range_is_the_same_file(self, logs: MemoryLogs, tmp_path: Path) -> None:
        first, again = (exported(logs, tmp_path / name).read_bytes() for name in ("a.zip", "b.zip"))
        assert first == again

    def test_of_an_earlier_range_is_the_earlier_file(
        self, logs: MemoryLogs, tmp_path: Path
    ) -> None:
        first = exported(logs, tmp_path / "first.zip")
        logs.records_states = True
        assert exported(logs, tmp_path / "second.zip").read_bytes() != first.read_bytes()
        until = remembered([first])
        again = exported(logs, tmp_path / "again.zip", Wanted(until=until))
        assert again.read_bytes() == first.read_bytes()
        only = {origin: at for origin, at in until.items() if "feedback" in origin}
        with pytest.raises(NotFoundError):
            exported(logs, tmp_path / "none.zip", Wanted(until=only))

    def test_lists_sorted_names_at_a_fixed_time_and_their_digests(
        self, logs: MemoryLogs, tmp_path: Path
    ) -> None:
        bundle = exported(logs, tmp_path / "full.duban.zip")
        with zipfile.ZipFile(bundle) as archive:
            infos = archive.infolist()
        assert [info.filename for info in infos] == sorted(info.filename for info in infos)
        assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
        manifest = json.loads(content(bundle)["MANIFEST.json"])
        assert {*manifest, "MANIFEST.json"} == {info.filename for info in infos}

    def test_records_the_state_first(self, logs: MemoryLogs, tmp_path: Path, judged: Judge) -> None:
        logs.records_states = True
        sizes = {name: len(log.records) for name, log in logs.logs.items()}
        found = export(logs, TRUST, tmp_path / "x.zip", patience=AT_ONCE)
        assert found.sizes == {name: size + 1 for name, size in sizes.items()}
        assert judged(found.path) == ALL_YES | NO_SEEN

    def test_tells_when_too_few_witnesses_have_seen_it(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        logs.is_witnessed = False
        found = export(logs, TRUST, tmp_path / "x.zip", patience=AT_ONCE)
        assert list(found.unwitnessed) == ["feedback", "rectification"]
        assert judged(found.path)["WITNESSED"] == "no"

    def test_shows_sealed_values_only_on_request(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        name = f"sealed/{commitment(*SECRET).hex()}.json"
        assert name not in content(exported(logs, tmp_path / "x.zip"))
        assert not logs.asked
        open_ = exported(logs, tmp_path / "y.zip", Wanted(disclose=True, purpose="复核"))
        assert json.loads(content(open_)[name]) == list(SECRET)
        assert logs.asked == [("feedback", "复核")]
        assert judged(open_) == ALL_YES | NO_SEEN

    def test_a_failing_export_leaves_no_file(self, logs: MemoryLogs, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            exported(logs, tmp_path / "x.zip", Wanted(case="NOWHERE"))
        assert list(tmp_path.iterdir()) == []

    def test_needs_a_place_for_the_file(self, logs: MemoryLogs, tmp_path: Path) -> None:
        with pytest.raises(InvalidValueError):
            exported(logs, tmp_path / "nowhere" / "x.zip")


class TestSince:
    @pytest.mark.parametrize("size", [1, 100, 256, 300, 319])
    def test_holds_what_is_new_and_continues_what_was_seen(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge, size: int
    ) -> None:
        log = logs.logs["feedback"]
        kept = [log.checkpoint(size=size), logs.logs["rectification"].checkpoint(size=2)]
        for number, raw in enumerate(kept):
            (tmp_path / f"{number}.checkpoint").write_bytes(raw)
        since = remembered([tmp_path])
        bundle = exported(logs, tmp_path / "new.zip", Wanted(since=since))
        start = size // 256 * 256
        names = {name for name in content(bundle) if name.startswith("logs/feedback/tile")}
        assert names == set(entries_of("feedback", log.records, start))
        told = judged(bundle, seen=kept)
        assert told == ALL_YES | ({"REPRODUCED": "not checked"} if start else {})

    def test_takes_an_earlier_bundle_as_what_was_seen(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        first = exported(logs, tmp_path / "first.zip")
        kept = [log.checkpoint() for log in logs.logs.values()]
        logs.records_states = True
        bundle = exported(logs, tmp_path / "new.zip", Wanted(since=remembered([first])))
        assert f"logs/feedback/proofs/consistency-{len(logs.logs['feedback'].records) - 1}.txt" in (
            content(bundle)
        )
        assert judged(bundle, seen=kept) == ALL_YES | {"REPRODUCED": "not checked"}

    def test_after_a_fork_says_so(self, logs: MemoryLogs, tmp_path: Path, judged: Judge) -> None:
        forked = logs.logs["rectification"]
        kept = [forked.checkpoint(size=3)]
        forked.records[0], forked.records[1] = forked.records[1], forked.records[0]
        (tmp_path / "kept").write_bytes(kept[0])
        since = remembered([tmp_path / "kept"])
        bundle = exported(logs, tmp_path / "new.zip", Wanted(since=since))
        assert judged(bundle, seen=kept)["CONSISTENT-WITH-SEEN"] == "no"

    def test_after_a_rollback_says_so(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        kept = [logs.logs["rectification"].checkpoint()]
        (tmp_path / "kept").write_bytes(kept[0])
        logs.logs["rectification"].records.pop()
        since = remembered([tmp_path / "kept"])
        bundle = exported(logs, tmp_path / "new.zip", Wanted(since=since))
        assert judged(bundle, seen=kept)["CONSISTENT-WITH-SEEN"] == "no"


class TestCase:
    def test_proves_each_record_and_that_none_is_left_out(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        bundle = exported(logs, tmp_path / "case.zip", Wanted(case=PROBLEM))
        records = logs.logs["feedback"].streams[f"problem/{PROBLEM}"]
        names = [name for name in content(bundle) if name.startswith("cases/")]
        assert len(names) == len(records) + 1
        assert judged(bundle) == ALL_YES | NO_SEEN
        kept = logs.logs["feedback"].checkpoint(size=20)
        (tmp_path / "kept").write_bytes(kept)
        since = remembered([tmp_path / "kept"])
        again = exported(logs, tmp_path / "again.zip", Wanted(case=PROBLEM, since=since))
        assert judged(again, seen=[kept]) == ALL_YES

    def test_shows_nothing_of_other_cases(self, logs: MemoryLogs, tmp_path: Path) -> None:
        logs.logs["feedback"].add("problem/OTHER", "feedback.problem-drafted", wording="别的问题")
        logs.logs["feedback"].record_state()
        bundle = exported(logs, tmp_path / "case.zip", Wanted(case=PROBLEM))
        shown = b"".join(content(bundle).values())
        assert b"problem/OTHER" not in shown
        assert "别的问题".encode() not in shown

    def test_of_a_case_holds_its_problems_too(self, logs: MemoryLogs, tmp_path: Path) -> None:
        log = logs.logs["rectification"]
        log.add("problem/P2", "rectification.problem-received", problem_no="P2", case_no="C1")
        log.record_state()
        bundle = exported(logs, tmp_path / "case.zip", Wanted(case="C1"))
        names = [name for name in content(bundle) if name.endswith(".map-proof")]
        assert names == [
            "cases/rectification/case%2FC1.map-proof", "cases/rectification/problem%2FP2.map-proof",
        ]  # fmt: skip

    def test_without_one_record_is_incomplete(
        self, logs: MemoryLogs, tmp_path: Path, judged: Judge
    ) -> None:
        bundle = exported(logs, tmp_path / "case.zip", Wanted(case="P1"))
        files = content(bundle)
        del files["cases/rectification/problem%2FP1/4.tlog-proof"]
        with zipfile.ZipFile(tmp_path / "less.zip", "w") as archive:
            for name, raw in files.items():
                archive.writestr(name, raw)
        assert judged(tmp_path / "less.zip")["COMPLETE"] == "no"
