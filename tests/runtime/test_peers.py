"""The table of peers that `bench --plot` marks."""

import pytest

from sspnet_sdk import OptionError
from sspnet_sdk.measuring.peers import Peer, read_peers


def test_a_peer_has_the_errors_that_its_line_states(tmp_path):
    (tmp_path / "peers.csv").write_text("name,fps,pck,pa_mpjpe_mm\nA,120,0.75,91.5\nB,90,,\n")
    a, b = read_peers(tmp_path / "peers.csv")
    assert a == Peer("A", 120.0, 0.75, 91.5) and (a.error("pck"), a.error("pa_mpjpe_mm")) == (0.25, 91.5)
    assert (b.error("pck"), b.error("pa_mpjpe_mm")) == (None, None)


@pytest.mark.parametrize("line", ["A,fast,0.75,91", "A,0,0.75,91", "A,120,0.75,far"])
def test_a_line_that_makes_no_sense_is_named(tmp_path, line):
    (tmp_path / "peers.csv").write_text(f"name,fps,pck,pa_mpjpe_mm\nB,90,,\n{line}\n")
    with pytest.raises(OptionError, match="line 3: expected numbers in fps, pck, pa_mpjpe_mm"):
        read_peers(tmp_path / "peers.csv")


@pytest.mark.parametrize("text", ["", "garbage\n", "name;fps;pck;pa_mpjpe_mm\nA;120;0.75;91\n"])
def test_a_file_without_the_columns_is_not_an_empty_table(tmp_path, text):
    (tmp_path / "peers.csv").write_text(text)
    with pytest.raises(OptionError, match="the first line must name the columns name, fps, pck, pa_mpjpe_mm"):
        read_peers(tmp_path / "peers.csv")


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(OptionError, match="cannot read peers from"):
        read_peers(tmp_path / "peers.csv")
