"""Who can do what, and which needs of a queue nobody of it meets."""

from orchestrator.queueing.skills import Able, skill_matrix


def an_able(name: str, *skills: str, queues: tuple[str, ...] = ("sales",)) -> Able:
    return Able(name, frozenset(skills), frozenset(queues))


def test_every_skill_that_is_needed_or_had_has_its_line() -> None:
    rows = skill_matrix({"sales": {"billing"}, "service": set()}, [an_able("dana", "hebrew-law"), an_able("noa", "billing")])

    assert [(row.skill, row.agents, row.needed_by) for row in rows] == [
        ("billing", frozenset({"noa"}), ("sales",)),
        ("hebrew-law", frozenset({"dana"}), ()),
    ]


def test_a_need_that_an_agent_of_the_queue_meets_is_met() -> None:
    (row,) = skill_matrix({"sales": {"billing"}}, [an_able("dana", "billing")])

    assert row.unmet == ()


def test_a_need_is_unmet_where_only_agents_of_other_queues_have_the_skill() -> None:
    (row,) = skill_matrix({"sales": {"billing"}, "service": {"billing"}}, [an_able("dana", "billing", queues=("service",))])

    assert row.unmet == ("sales",)


def test_a_need_of_a_queue_without_agents_is_unmet() -> None:
    (row,) = skill_matrix({"sales": {"billing"}}, [])

    assert row.unmet == ("sales",)
