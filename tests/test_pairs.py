"""What a reference keeps of a run: results, and nothing of where, when and how fast it ran."""

import nbformat
from nbformat import v4

from salkit.suite import pairs


def executed(pieces=("a\n", "b\n"), metadata=None):
    """A small executed notebook whose first stream arrived in the given pieces."""
    streams = [v4.new_output("stream", name="stdout", text=piece) for piece in pieces]
    shown = v4.new_output("execute_result", {"text/plain": "3"}, execution_count=1, metadata=metadata or {})
    late = v4.new_output("stream", name="stdout", text="c\n")
    code = v4.new_code_cell("x", execution_count=1, outputs=[*streams, shown, late], metadata=metadata or {})
    tagged = v4.new_code_cell("x", execution_count=2, metadata={"tags": ["parameters"], **(metadata or {})})
    return v4.new_notebook(cells=[v4.new_markdown_cell("# T"), code, tagged], metadata=metadata or {})


def test_the_same_results_are_the_same_bytes():
    """Random cell ids, times and the pieces in which a stream arrived leave no trace."""
    first = nbformat.writes(pairs.normalise(executed()))
    again = executed(("a\nb\n",), {"execution": {"iopub.execute_input": "12:00"}, "papermill": {"duration": 1.5}})
    assert nbformat.writes(pairs.normalise(again)) == first
    other = executed(("a\nB\n",))
    assert nbformat.writes(pairs.normalise(other)) != first


def test_streams_merge_only_where_they_touch():
    cell = pairs.normalise(executed()).cells[1]
    assert [(o.output_type, o.get("text")) for o in cell.outputs] == [
        ("stream", "a\nb\n"),
        ("execute_result", None),
        ("stream", "c\n"),
    ]
    mixed = executed(("a",))
    mixed.cells[1].outputs.insert(1, v4.new_output("stream", name="stderr", text="w"))
    names = [o.get("name") for o in pairs.normalise(mixed).cells[1].outputs]
    assert names == ["stdout", "stderr", None, "stdout"]  # stderr stays to be seen


def test_ids_are_unique_and_tags_stay():
    notebook = pairs.normalise(executed())
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == 3  # two cells have the same source
    assert [cell.metadata.get("tags") for cell in notebook.cells] == [None, None, ["parameters"]]


def test_a_missing_reference_is_named(tmp_path):
    source = tmp_path / "01_x.py"
    source.write_text("# %%\nx = 1\n")
    assert pairs.differences(source) == ["01_x.ipynb is missing"]
