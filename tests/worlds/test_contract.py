"""What a trial cannot show, the conformance suite of web/contract finds."""

import firsthand as fh
from firsthand.agent import settled
from firsthand.environment import Action, ToolCall


async def did(environment, name, **arguments):
    answer = await settled(environment.act(Action(calls=(ToolCall(name, arguments),))))
    return answer.results[0].text


def task_with(convert):
    """A task whose new contract wants something converted so, and the field that does."""
    for task in fh.tasks("web/contract", 60, level=4):
        environment = fh.make("web/contract")
        environment.reset(task)
        for name, (_, wanted, _) in environment.wants.properties.items():
            if wanted == convert:
                return environment, name
    raise AssertionError(convert)


async def test_a_mapping_that_the_service_accepts_may_still_be_wrong():
    environment, name = task_with("negated")
    for action in list(environment.expert())[:-2]:
        await settled(environment.act(action))
    right = environment.mapping.fields[name]
    await did(environment, "map_field", field=name, to=right[0], convert="as_is")
    assert "201 Created" in await did(environment, "send_one")
    forked = fh.make("web/contract")
    forked.restore(environment.snapshot())
    await did(environment, "release")
    assert environment.score().checks == {"released": True, "conformant": False}
    assert f"It failed: {name} did not arrive" in environment.aftermath()
    await did(forked, "map_field", field=name, to=right[0], convert="negated")
    await did(forked, "release")
    assert forked.score().value == 1.0


async def test_refusals_do_not_name_what_is_missing():
    environment, name = task_with("cents")
    wants = environment.wants
    answer = environment.http.request(
        "POST", wants.path, headers={wants.auth_header: environment.key}, body=b"{}"
    )
    assert answer.status == 422 and answer.text.endswith(
        '{"error":"A required property is missing."}'
    )
    told = await did(environment, "map_field", field=name, to="x", convert="joined")
    assert told == f"joined cannot convert {name}, which is of the kind money."
