"""Plants the mutation that the environment names in any Python that is started.

Python imports this at its start where the folder is in PYTHONPATH.
"""

from __future__ import annotations

from tests.mutations.plant import plant

plant()
