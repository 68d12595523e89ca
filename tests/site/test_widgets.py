"""The explorer in a notebook, with real widgets: moving one changes the words and the picture."""

from salkit import explorer


def test_show() -> None:
    box = explorer.show()
    w_ij, _w_ji, *_, shape, tau_syn, text, picture = box.children
    assert "W_ij = 1.50, W_ji = 0.50" in text.value and picture.value[:4] == b"\x89PNG"
    before = picture.value
    w_ij.value = 0.5
    assert "W_ij = 0.50, W_ji = 0.50" in text.value and "Drift of W_ij -0.0000" in text.value.replace(
        "W_ij 0.0000", "W_ij -0.0000"
    )
    assert picture.value != before and tau_syn.disabled
    shape.value = "cutoff"
    assert not tau_syn.disabled
    assert [label for label, _ in shape.options] == [kind["label"] for kind in explorer.SHAPES.values()]
