"""No module of a plan goes without its test, and no test claims a module that there is not."""

import importlib

import pytest

from tests.conformance.plans import PLANS
from tests.conformance.plans_of_fapi import name_of_test

FILES = sorted({file for files, _ in PLANS.values() for file in files})


def modules_tested(file: str) -> set[str]:
    """Return the names of the tests in a file that are named for a module."""
    return {
        name
        for name in vars(importlib.import_module(f"tests.conformance.{file}"))
        if name.startswith(("test_oidcc_", "test_fapi2_", "test_fapi_ciba_", "test_openid_ssf_"))
    }


@pytest.mark.parametrize("plan", PLANS)
def test_every_module_of_a_plan_has_its_test(plan: str) -> None:
    files, modules = PLANS[plan]
    assert len(set(modules)) == len(modules)
    assert {*map(name_of_test, modules)} <= set[str]().union(*map(modules_tested, files))


@pytest.mark.parametrize("file", FILES)
def test_every_test_named_for_a_module_is_one_of_a_plan(file: str) -> None:
    known = {
        name_of_test(one) for files, modules in PLANS.values() if file in files for one in modules
    }
    assert modules_tested(file) <= known
