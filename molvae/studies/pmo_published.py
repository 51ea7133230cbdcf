"""What others have published of the PMO benchmark: AUC top-10 at 10,000 calls, without any label beforehand.

In: the table of runs. Out: the same with what was published for each task beside it. Two editions of the
objectives are about (see `pmo_objectives`), so a figure stands only beside the edition it was measured on:
the benchmark's own are of the first, Genetic GFN (PyTDC 0.4.0) and InVirtuoGen (1.1) of the mended one, as
the methods' repositories say. Of which Mol GA is, is not known: it stands at the tasks that were not mended.

Source: Gao et al., NeurIPS 2022 (REINVENT, Graph GA, GP BO, SELFIES-VAE BO); Tripp and Hernandez-Lobato 2023
(arXiv 2310.09267; Mol GA); the papers of Genetic GFN (2024) and InVirtuoGen (2025, cold start).
"""

import pandas as pd

from molvae.optimization.pmo_objectives import PMO_SCORES, PREVIOUS, PUBLISHED_TASKS

#: Sums over the 20 tasks; methods of the first edition, of the mended one, and of either.
SUMS_AS_PUBLISHED = {
    "REINVENT": 11.601,
    "Graph GA": 11.444,
    "SELFIES-REINVENT": 11.116,
    "GP BO": 10.816,
    "SELFIES-VAE BO": 7.759,
    "random ZINC": 7.413,
}
SUMS_MENDED = {"InVirtuoGen": 13.913, "Genetic GFN": 13.594}
SUMS_OF_UNKNOWN = {"Augmented Memory": 12.419, "Mol GA": 12.227}

_METHODS = ("REINVENT", "Graph GA", "GP BO", "SELFIES-VAE BO", "Mol GA", "Genetic GFN", "InVirtuoGen")
_AUC = {
    "albuterol_similarity": (0.883, 0.839, 0.899, 0.495, 0.896, 0.949, 0.950),
    "amlodipine_mpo": (0.635, 0.661, 0.583, 0.516, 0.688, 0.761, 0.733),
    "celecoxib_rediscovery": (0.714, 0.630, 0.724, 0.326, 0.567, 0.802, 0.798),
    "deco_hop": (0.667, 0.619, 0.630, 0.579, 0.649, 0.733, 0.748),
    "fexofenadine_mpo": (0.785, 0.761, 0.723, 0.670, 0.825, 0.856, 0.845),
    "isomers_c7h8n2o2": (0.852, 0.862, 0.680, 0.325, 0.878, 0.969, 0.968),
    "isomers_c9h10n2o2pf2cl": (0.643, 0.719, 0.470, 0.201, 0.865, 0.897, 0.874),
    "median1": (0.357, 0.295, 0.302, 0.201, 0.257, 0.379, 0.342),
    "median2": (0.277, 0.274, 0.297, 0.185, 0.301, 0.294, 0.288),
    "mestranol_similarity": (0.619, 0.579, 0.627, 0.387, 0.591, 0.708, 0.797),
    "osimertinib_mpo": (0.837, 0.832, 0.787, 0.766, 0.844, 0.860, 0.870),
    "perindopril_mpo": (0.537, 0.539, 0.494, 0.429, 0.547, 0.595, 0.645),
    "qed": (0.941, 0.940, 0.937, 0.936, 0.941, 0.942, 0.942),
    "ranolazine_mpo": (0.760, 0.728, 0.736, 0.453, 0.804, 0.819, 0.848),
    "scaffold_hop": (0.560, 0.518, 0.549, 0.455, 0.527, 0.615, 0.589),
    "sitagliptin_mpo": (0.022, 0.433, 0.187, 0.084, 0.582, 0.634, 0.709),
    "thiothixene_rediscovery": (0.534, 0.479, 0.560, 0.297, 0.519, 0.583, 0.625),
    "troglitazone_rediscovery": (0.441, 0.390, 0.411, 0.244, 0.427, 0.511, 0.595),
    "valsartan_smarts": (0.179, 0.000, 0.000, 0.002, 0.000, 0.135, 0.210),
    "zaleplon_mpo": (0.358, 0.347, 0.222, 0.207, 0.519, 0.552, 0.536),
}


def beside_published(table: pd.DataFrame) -> pd.DataFrame:
    """A table of `auc_table` with a column a method; empty where nothing of that edition was published.

    Args:
        table: a column `task`, of tasks and sums.
    """
    columns = {
        method: [_published(task, place) for task in table["task"]] for place, method in enumerate(_METHODS)
    }
    return table.assign(**columns)


def _published(task: str, place: int) -> float:
    """What the method of this place was published with; NaN for what is no task, or of another edition."""
    name = task.removesuffix(PREVIOUS)
    is_common = name in PUBLISHED_TASKS
    first, mended = _METHODS[place] in SUMS_AS_PUBLISHED, _METHODS[place] in SUMS_MENDED
    is_of_edition = is_common or (first if task.endswith(PREVIOUS) else mended)
    return _AUC[name][place] if name in PMO_SCORES and is_of_edition else float("nan")
