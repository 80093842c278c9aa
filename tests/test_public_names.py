"""What is promised: the public modules, their names, and that nothing else is needed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kconv
import kconv_migrations
from importer import samples

ROOT = Path(__file__).resolve().parent.parent

PUBLIC: dict[str, str] = {
    "kconv": """
        AlreadyExists AsyncClient AsyncWatch CannotDecode Cast Client Column ConditionFailed
        Conflict Conversion ConversionError ConversionLosses ConversionProblem ConversionServer
        ConvertedFile CounterReset DecodeError Decoded Denied Deprecation Document
        DocumentConversion DocumentHub
        Edge Event Expired Finding Forbidden FunctionFailed Functions FutureVersion GroupKind
        GroupResource GroupVersion GroupVersionKind GroupVersionResource Hub InvalidObject
        KconvError KindVersion Level ListToMap Lose Lost MapKey MapToList MapValues NotFound
        NotRegistered ObjectList ObjectLoss ObjectRef Path Pipeline PossibleLoss Preserve Rename
        Resource Rule ScalePaths Scheme SchemeError SelectableField Split Store StoreError
        StrictDecodeError TablesOutdated TimedOut TooLarge TooManyRequests
        Type Unavailable Unit Unsupported UsageError VersionNotOnRecord Watch WhenAbsent Wrap
        asgi convert convert_document convert_files create_app defaults derives duplicate forbidden
        format_path from_dict hub_of invalid judged_by_value load_scheme losses not_supported
        omits_zero omitted_zeros open_store quote required rule_problems spoke to_dict too_long
        validates validates_update versions webhook zero_is_absent
    """,
    "kconv.edges": """
        Cast Edge Functions ListToMap Lose Loss MISSING MapToList MapValues Preserve Rename Rule
        Split Unit WhenAbsent Wrap get put
    """,
    "kconv.fields": """
        Boolean Bytes Double Duration Field FreeForm INT32 Int32 Int64 IntOrString Integer List Map
        MicroTime Object Quantity Spec String Time UNKNOWN age human_duration parse_duration
        parse_time quantity_value spec_of
    """,
    "kconv.meta": """
        Condition DeleteOptions FieldSelectorRequirement GroupResource LabelSelector
        LabelSelectorRequirement ListMeta ManagedFieldsEntry ObjectMeta OwnerReference
        Preconditions ShardInfo Status StatusCause StatusDetails
    """,
    "kconv.names": """
        config_key_problems dns1035_label_problems dns_label_problems domain_prefixed_path_problems
        environment_variable_problems http_header_problems ip_problems is_plain label_name_problems
        label_value_problems path_prefix_problems path_segment_problems percent_problems
        port_name_problems port_problems qualified_name_problems subdomain_problems
        wildcard_subdomain_problems
    """,
    "kconv.place": """
        AsRead BeforeImage ClientCount Collection Count Ending Images Key Mark NEVER NO_VERSION
        NewData OBJECTS Place Pressure Quarantined Reclaimable RecordedVersion Replica Restored Row
        RowFinding RowName RowRead Run RunState RunTarget Scalar Section Server UndoSize Unproved
        Where key_names key_text open_named
    """,
    "kconv.places": "Entry FileKey FilesPlace KeyedPlace",
    "kconv.sqlalchemy": "Field TableCollection TablePlace collection",
    "kconv.testing": """
        ApiTests NoteV1 NoteV2 PlaceGround PlaceTests SkewWarning Webhook WebhookTests documents
        full nearly notes_scheme
    """,
    "kconv_migrations": "",
    "kconv_migrations.op": "MigrateStorage include_name",
}

PENDING: dict[str, set[str]] = {
    # Converters on compiled values, which are not settled: they need the types of the engine.
    "schemas/kconv_schemas/apps/conversion.py": {"kconv._compile"},
    "schemas/kconv_schemas/autoscaling/conversion.py": {"kconv._compile"},
    "schemas/kconv_schemas/autoscaling/former_conversion.py": {"kconv._compile"},
    "schemas/kconv_schemas/autoscaling/kept.py": {"kconv._compile", "kconv.fields._base"},
    "schemas/kconv_schemas/autoscaling/structs.py": {"kconv._compile"},
}


def modules() -> Iterator[str]:
    """Every module whose name has no part with an underscore in front."""
    for package in (kconv, kconv_migrations):
        yield package.__name__
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part.startswith("_") for part in module.name.split(".")):
                yield module.name


def test_the_public_modules() -> None:
    assert sorted(modules()) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_names(name: str) -> None:
    module = importlib.import_module(name)
    names: list[str] = getattr(module, "__all__", [])
    assert sorted(names) == sorted(PUBLIC[name].split())
    for each in names:
        assert getattr(module, each, None) is not None, each
        assert each in dir(module)


def test_every_error_is_public() -> None:
    from kconv import _errors

    errors = {
        name
        for name, value in vars(_errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert errors <= set(kconv.__all__)


def private_imports(source: str) -> set[str]:
    """The modules of kconv that some source imports and that are not public."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            named = PUBLIC.get(module, "").split()
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                if module.startswith("kconv") and not module.startswith("kconv_schemas"):
                    if module not in PUBLIC:
                        found.add(module)
                    elif alias.name not in named and inner not in PUBLIC:
                        found.add(inner)
        elif isinstance(node, ast.Import):
            found |= {
                alias.name
                for alias in node.names
                if re.match(r"kconv(_migrations)?(\.|$)", alias.name) and alias.name not in PUBLIC
            }
    return found


SOURCES = sorted([*ROOT.glob("schemas/**/*.py"), *ROOT.glob("examples/**/*.py")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_groups_and_examples_use_public_names(path: Path) -> None:
    found = private_imports(path.read_text())
    assert found == PENDING.get(str(path.relative_to(ROOT)), set())


def blocks() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))):
        for number, found in enumerate(re.findall(r"```python\n(.*?)```", path.read_text(), re.S)):
            yield f"{path.name}-{number}", found


@pytest.mark.parametrize(("name", "block"), list(blocks()), ids=[name for name, _ in blocks()])
def test_pages_use_public_names(name: str, block: str) -> None:
    lines = "\n".join(re.findall(r"^(?:from|import) [^(]*?(?:\([^)]*\)|$)", block, re.M))
    assert private_imports(lines) == set(), name


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.name)
def test_pages_name_no_private_module(page: Path) -> None:
    assert not re.findall(r"\bkconv(?:_migrations)?(?:\.\w+)*\._\w+", page.read_text())


def test_what_the_importer_writes_uses_public_names() -> None:
    written = samples.files(samples.with_spec(size={"type": "integer", "format": "int32"}))
    assert written
    for path, source in written.items():
        assert private_imports(source) == set(), path


def test_testing_loads_without_hypothesis() -> None:
    command = "import sys, kconv.testing; print('hypothesis' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False\n"
