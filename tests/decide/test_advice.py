"""Advice: points and vetoes by facts, whatever their order; unknown facts count for nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newft.catalog.loader import load_advice_rules
from newft.decide.advice.advise import make_advice
from newft.decide.advice.factor_values import (
    collect_factor_values,
    find_known_factors,
    read_factor_values,
)
from newft.decide.advice_answers import check_advice_answers
from newft.decide.inputs import Inputs
from newft.decide.shared_volume import share_volume
from newft.errors import CatalogError, UsageError
from newft.paths import get_templates_folder
from newft.schema.advice import Advice, AdviceRules, Approach, Factor
from newft.schema.kit import Task
from support.decide_examples import ANSWERS, CPU, LORA, SMOLLM, TASK, card, facts
from support.generate_project import catalog

RULES = load_advice_rules(get_templates_folder() / "advice.yaml")
TUNED = ("finetune", "hybrid")


def advise(**given: str | int) -> Advice:
    return make_advice(
        read_factor_values({name: str(value) for name, value in given.items()}, RULES), RULES
    )


def answers_to(factor: Factor) -> st.SearchStrategy[str]:
    if factor.type == "choice":
        return st.sampled_from(sorted(factor.choices))
    if factor.type == "yes_no":
        return st.sampled_from(["yes", "no"])
    if factor.type == "share":
        return st.integers(0, 100).map(lambda percent: f"{percent}%")
    return st.one_of(st.sampled_from([0, 1, 19, 20, 49, 50, 1000]), st.integers(0, 10**6)).map(str)


TEAMS = st.fixed_dictionaries(
    {}, optional={name: answers_to(factor) for name, factor in RULES.factors.items()}
)


class TestScores:
    @settings(max_examples=40)
    @given(TEAMS, st.randoms(use_true_random=False))
    def test_no_order_matters(self, team: dict[str, str], random: object) -> None:
        def shuffle(entries: object) -> dict[str, object]:
            items = list(entries.items())  # type: ignore[attr-defined]
            random.shuffle(items)  # type: ignore[attr-defined]
            return dict(items)

        usual = make_advice(read_factor_values(team, RULES), RULES)
        shuffled: AdviceRules = replace(
            RULES,
            factors=shuffle(RULES.factors),  # type: ignore[arg-type]
            rules=shuffle(RULES.rules),  # type: ignore[arg-type]
            vetoes=shuffle(RULES.vetoes),  # type: ignore[arg-type]
        )
        given_otherwise = read_factor_values(shuffle(team), RULES)  # type: ignore[arg-type]
        other = make_advice(given_otherwise, shuffled)
        assert other.recommendation == usual.recommendation
        assert other.runner_up == usual.runner_up
        assert other.scores == usual.scores
        assert {*other.flips} == {*usual.flips}
        assert {*other.vetoes} == {*usual.vetoes}
        assert {*other.unknown} == {*usual.unknown}

    @settings(max_examples=40)
    @given(TEAMS, st.sampled_from(sorted(RULES.factors)))
    def test_an_unknown_fact_changes_nothing(self, team: dict[str, str], factor: str) -> None:
        without = {name: value for name, value in team.items() if name != factor}
        assert advise(**{**without, factor: "unknown"}) == advise(**without)

    @settings(max_examples=40)
    @given(TEAMS)
    def test_scores_are_the_sums_of_their_contributions(self, team: dict[str, str]) -> None:
        advice = advise(**team)
        for approach, score in advice.scores.items():
            points = (one.points for one in advice.contributions if one.approach == approach)
            assert sum(points) == score

    @settings(max_examples=40)
    @given(TEAMS)
    def test_the_recommendation_has_most_points_of_what_is_not_ruled_out(
        self, team: dict[str, str]
    ) -> None:
        advice = advise(**team)
        ruled_out = {veto.approach for veto in advice.vetoes}
        left = {one: score for one, score in advice.scores.items() if one not in ruled_out}
        assert advice.scores[advice.recommendation] == max(left.values())
        assert advice.recommendation in left
        others = {one: score for one, score in left.items() if one != advice.recommendation}
        assert advice.runner_up == max(others, key=lambda one: others[one], default=None)
        if advice.runner_up and others[advice.runner_up] == left[advice.recommendation]:
            assert "effort" in advice.why.en and "投入" in advice.why.zh  # which decides a tie

    @settings(max_examples=40)
    @given(
        TEAMS,
        st.sampled_from(["labelled_rows", "rows_per_label", "evaluation_rows"]),
        st.integers(0, 2000),
        st.integers(1, 10**5),
    )
    def test_more_rows_never_argue_against_tuning(
        self, team: dict[str, str], factor: str, rows: int, more: int
    ) -> None:
        few = advise(**{**team, factor: str(rows)})
        many = advise(**{**team, factor: str(rows + more)})
        for approach in TUNED:
            assert many.scores[approach] >= few.scores[approach]  # type: ignore[index]
        if few.recommendation in TUNED:
            assert many.recommendation in TUNED
        if few.recommendation == "finetune":
            assert many.recommendation == "finetune"

    @settings(max_examples=40)
    @given(TEAMS, st.integers(0, 10**5), st.integers(0, 10**4))
    def test_rows_of_a_closed_list_speak_for_a_classical_model_as_much_as_for_tuning(
        self, team: dict[str, str], rows: int, of_a_label: int
    ) -> None:
        """No measurement shows a lead of either; see `rows_of_labels` in advice.yaml."""
        usual = {**team, "answer_space": "closed", "task_type": "classify"}
        few = advise(**{**usual, "labelled_rows": "0", "rows_per_label": "0"})
        many = advise(**{**usual, "labelled_rows": str(rows), "rows_per_label": str(of_a_label)})
        gains = {one: many.scores[one] - few.scores[one] for one in few.scores}
        assert gains["classical"] == gains["finetune"] >= 0

    def test_without_any_fact_the_least_effort_is_advised_and_it_is_said_why(self) -> None:
        advice = advise()
        assert advice.recommendation == "prompt"
        assert "nothing is known yet" in advice.why.en
        assert "目前没有信息" in advice.why.zh
        assert not advice.contributions
        assert not advice.vetoes

    @pytest.mark.parametrize(
        ("team", "recommendation"),
        [
            ({"task_type": "answer_facts", "knowledge_change": "daily"}, "rag"),
            ({"task_type": "score_table", "labelled_rows": 5000}, "classical"),
            ({"answer_space": "closed", "labelled_rows": 5000, "rows_per_label": 80}, "classical"),
            ({"task_type": "reason_case", "labelled_rows": 5000}, "finetune"),
            ({"needs_citation": "yes", "fixed_format": "yes"}, "hybrid"),
            ({"base_score": "96%", "target_score": "95%"}, "prompt"),
        ],
    )
    def test_every_approach_is_advised_to_some_team(
        self, team: dict[str, str | int], recommendation: Approach
    ) -> None:
        assert advise(**team).recommendation == recommendation


class TestVetoes:
    @pytest.mark.parametrize(
        ("team", "ruled_out"),
        [
            ({"evaluation_rows": 0}, {"finetune", "hybrid"}),
            ({"labelled_rows": 49}, {"finetune", "hybrid"}),
            ({"task_type": "score_table"}, {"finetune", "hybrid"}),
            ({"knowledge_change": "daily"}, {"finetune"}),
            ({"deletion_duty": "yes"}, {"finetune"}),
            ({"documents": 0}, {"rag", "hybrid"}),
            ({"task_type": "draft"}, {"classical"}),
            ({"answer_space": "open"}, {"classical"}),
            ({"offline": "yes", "gpu": "none"}, {"rag", "hybrid"}),
            ({"evaluation_rows": 20, "labelled_rows": 50, "documents": 1}, set()),
            ({"offline": "yes", "gpu": "server"}, set()),
            ({"knowledge_change": "monthly"}, set()),
        ],
    )
    def test_what_is_ruled_out(self, team: dict[str, str | int], ruled_out: set[str]) -> None:
        assert {veto.approach for veto in advise(**team).vetoes} == ruled_out

    def test_no_two_vetoes_give_the_same_reason(self) -> None:
        assert len({veto.why for veto in RULES.vetoes.values()}) == len(RULES.vetoes)

    def test_an_approach_with_more_points_that_is_ruled_out_is_named_with_the_reason(self) -> None:
        advice = advise(fixed_format="yes", evaluation_rows=0)
        assert advice.recommendation == "prompt"
        assert "fine-tuning has more points (1) but is ruled out" in advice.why.en
        assert all(veto.first.en and veto.first.zh for veto in advice.vetoes)


class TestFlips:
    @settings(max_examples=40)
    @given(TEAMS)
    def test_what_is_known_stays_out_of_the_flips_and_each_names_another_approach(
        self, team: dict[str, str]
    ) -> None:
        advice = advise(**team)
        assert all(flip.recommendation != advice.recommendation for flip in advice.flips)
        changing = {flip.factor for flip in advice.flips}
        assert {*advice.unknown} | {*advice.known} == {*RULES.factors}
        can_change = [factor in changing for factor in advice.unknown]
        assert can_change == sorted(can_change, reverse=True)

    @settings(max_examples=40)
    @given(TEAMS, st.sampled_from(sorted(RULES.factors)), st.data())
    def test_no_other_value_of_a_fact_changes_the_recommendation(
        self, team: dict[str, str], factor: str, data: st.DataObject
    ) -> None:
        advice = advise(**team)
        if factor in team and RULES.factors[factor].defines_task:
            return
        changed = advise(**{**team, factor: data.draw(answers_to(RULES.factors[factor]))})
        said = {flip.recommendation for flip in advice.flips if flip.factor == factor}
        assert changed.recommendation in {advice.recommendation, *said}

    def test_a_target_that_every_score_reaches_is_named(self) -> None:
        advice = advise(task_type="answer_facts", target_score="0%")
        said = [(flip.value.en, flip.recommendation) for flip in advice.flips]
        assert ("at least 0 %", "prompt") in said

    def test_thresholds_of_counts_and_shares_are_named(self) -> None:
        advice = advise(
            answer_space="closed",
            labelled_rows=5000,
            rows_per_label=80,
            fixed_format="yes",
            evaluation_rows=500,
            base_score="80%",
            target_score=0.95,
        )
        said = {(flip.factor, flip.value.en, flip.recommendation) for flip in advice.flips}
        assert {
            ("knowledge_change", "about once a month or at least once a week", "hybrid"),
            ("weeks", "under 5 weeks", "classical"),
            ("labelled_rows", "under 50 rows", "classical"),
            ("evaluation_rows", "under 20 rows", "classical"),
            ("base_score", "at least 95 %", "prompt"),
            ("target_score", "at most 80 %", "prompt"),
        } <= said


class TestAnswers:
    def test_values_are_typed(self) -> None:
        given = {
            "task_type": "classify",
            "offline": "no",
            "labelled_rows": "20000",
            "base_score": "85%",
            "target_score": "0.9",
            "team": "unknown",
        }
        values = {name: one.value for name, one in read_factor_values(given, RULES).items()}
        assert values == {
            "task_type": "classify",
            "offline": False,
            "labelled_rows": 20000,
            "base_score": 0.85,
            "target_score": 0.9,
        }

    def test_every_fault_is_listed_with_its_key(self) -> None:
        given = {
            "task_type": "clasify",
            "offlin": "yes",
            "labelled_rows": "20,000",
            "latency_ms": "2万",
            "weeks": "-1",
            "base_score": "1.2",
            "gpu": "yes",
        }
        with pytest.raises(UsageError) as caught:
            read_factor_values(given, RULES)
        message = str(caught.value)
        assert message.splitlines()[0].startswith("advice.task_type: is `clasify`")
        for key in given:
            assert f"advice.{key}: " in message
        assert "did you mean `classify`?" in message
        assert "did you mean `advice.offline`?" in message
        assert message.count("write 20000") == 2
        assert "must be a share from 0 to 1" in message
        assert "none, consumer, server" in message


class TestKnownFactors:
    def test_the_task_tells_its_type_and_that_its_answers_are_a_closed_list(self) -> None:
        known = find_known_factors(RULES, task=TASK)
        assert known["task_type"].value == "classify"
        assert known["answer_space"].value == "closed"

    def test_rows_are_counted_in_the_data_of_the_user_only(self) -> None:
        data = facts(rows=1000).data
        own = find_known_factors(RULES, data=replace(data, sample=False))
        assert own["labelled_rows"].value == 1000
        assert own["evaluation_rows"].value == 140
        assert not find_known_factors(RULES, data=replace(data, sample=True))

    @pytest.mark.parametrize(
        ("hardware", "gpu"),
        [
            (CPU, "none"),
            (replace(CPU, accelerator=card(80.0)), "server"),
            (replace(CPU, accelerator=replace(card(24.0), desktop=True)), "consumer"),
            (replace(CPU, accelerator=card(24.0, kind="mps")), "consumer"),
        ],
    )
    def test_the_device_tells_which_gpu_there_is(self, hardware: object, gpu: str) -> None:
        known = find_known_factors(RULES, hardware=hardware)  # type: ignore[arg-type]
        assert known["gpu"].value == gpu

    @pytest.mark.parametrize(
        "task",
        [
            pytest.param(task, id=f"{kit.id}/{name}")
            for kit in catalog().kits.values()
            for name, task in kit.tasks.items()
        ],
    )
    def test_what_every_task_of_a_domain_says_is_a_factor(self, task: Task) -> None:
        known = find_known_factors(RULES, task=task)
        assert {"task_type", *task.advice} <= {*known}


class TestProject:
    def test_what_is_answered_wins_over_what_the_project_tells(self) -> None:
        answers = replace(ANSWERS, advice={"gpu": "server", "weeks": "12"})
        inputs = Inputs(answers, facts(), SMOLLM, None, CPU, TASK, LORA)
        known = collect_factor_values(inputs, RULES)
        assert (known["gpu"].value, known["weeks"].value) == ("server", 12)
        assert known["task_type"].value == "classify"
        assert known["labelled_rows"].value == 640


class TestRules:
    def test_every_choice_of_a_factor_counts_but_one_that_the_others_are_compared_with(
        self,
    ) -> None:
        used: dict[str, set[str]] = {}
        for entry in (*RULES.rules.values(), *RULES.vetoes.values()):
            for factor, condition in entry.when.items():
                used.setdefault(factor, set()).update(condition.values)
                if condition.at_least_factor:
                    used.setdefault(condition.at_least_factor, set())
        assert {*used} == {*RULES.factors}
        for name, factor in RULES.factors.items():
            assert len({*factor.choices} - used[name]) <= 1, name

    def test_every_approach_has_points_for_and_against_it(self) -> None:
        assert tuple(RULES.approaches) == get_args(Approach)
        for approach in RULES.approaches:
            points = [rule.points.get(approach, 0) for rule in RULES.rules.values()]
            assert min(points) < 0 < max(points)

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("values: [score_table]", "values: [score_tabel]", "has no value `score_tabel`"),
            ("when: {weeks: ", "when: {week: ", "is not a factor"),
            ("at_least_factor: target_score", "at_least_factor: target", "is not a factor"),
            ("approaches: [rag, hybrid]", "approaches: [rag, prompt]", "must not hold `prompt`"),
        ],
    )
    def test_a_fault_of_the_rules_is_refused_with_its_line(
        self, tmp_path: Path, old: str, new: str, fault: str
    ) -> None:
        text = (get_templates_folder() / "advice.yaml").read_text(encoding="utf-8")
        assert old in text
        file = tmp_path / "advice.yaml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(CatalogError, match=fault) as caught:
            load_advice_rules(file)
        assert str(caught.value).startswith(f"{file}:")


class TestAllAnswers:
    def test_faults_of_factors_and_of_figures_are_one_error(self) -> None:
        answers = replace(
            ANSWERS, advice={"weeks": "soon"}, roi={"requests_per_month": "2万", "horizon": "12"}
        )
        with pytest.raises(UsageError) as caught:
            check_advice_answers(answers, catalog())
        lines = str(caught.value).splitlines()
        assert [line.partition(":")[0] for line in lines] == [
            *("advice.weeks", "roi.requests_per_month", "roi.horizon")
        ]
        check_advice_answers(ANSWERS, catalog())

    def test_the_volume_is_one_number_under_either_key(self) -> None:
        figures = catalog().figures
        for advice, roi in (
            ({"requests_per_month": "20000"}, {}),
            ({}, {"requests_per_month": "9000/20000/30000"}),
            ({"requests_per_month": "2e4"}, {"requests_per_month": "20000"}),
        ):
            shared = share_volume(replace(ANSWERS, advice=advice, roi=roi), figures)
            assert float(shared.advice["requests_per_month"]) == 20_000
            assert shared.roi["requests_per_month"] == (roi or advice)["requests_per_month"]
        other = replace(
            ANSWERS,
            advice={"requests_per_month": "5"},
            roi={"requests_per_month": "20000"},
        )
        with pytest.raises(UsageError, match=r"is 20000, but `advice.requests_per_month` is 5"):
            share_volume(other, figures)


def test_what_a_cpu_is_too_slow_for_is_not_recommended_for_one() -> None:
    advice = advise(needs_citation="yes", offline="yes", gpu="none")
    assert {veto.approach for veto in advice.vetoes} == {"rag", "hybrid"}
    assert advice.recommendation not in ("rag", "hybrid")


class TestStandings:
    def test_nothing_is_recommended_while_nothing_is_known(self) -> None:
        advice = advise()
        standings = {advice.get_standing(approach) for approach in advice.scores}
        assert standings == {"first", "other"}

    @settings(max_examples=40)
    @given(TEAMS)
    def test_the_recommended_comes_first_and_the_ruled_out_last(self, team: dict[str, str]) -> None:
        advice = advise(**team)
        ranked = [advice.get_standing(approach) for approach, _ in advice.rank_scores()]
        assert advice.rank_scores()[0][0] == advice.recommendation
        assert ranked == sorted(ranked, key=lambda one: one == "ruled_out")
        assert dict(advice.rank_scores()) == advice.scores
