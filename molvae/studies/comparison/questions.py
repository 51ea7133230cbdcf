"""The question behind each table of the study, and what stands in it, for the page."""

#: By the name of the table: the question, and a few sentences.
QUESTIONS: dict[str, tuple[str, str]] = {
    "implementation": (
        "Are they also implemented differently?",
        "All arms are the same code, encoder and decoder, trained for as many steps. What differs is the "
        "bottleneck, what is paid for it (the KL weight; it means nothing to a deterministic one), the share "
        "of tokens that the encoder reads as others, and the layers that give the bottleneck's parameters. "
        "Seconds are those of arms that were trained beside one another.",
    ),
    "reconstruction": (
        "How much do latents tell?",
        "Exact reconstruction of unseen molecules, decoded greedily from the mean of q(z|x) and from one "
        "draw; the KL divergence from the arm's own prior, N(0, I) but for a cube and a sphere, infinite "
        "for a point; mutual information can't exceed its ceiling, the logarithm of the number of "
        "molecules, so at the ceiling it says: at least.",
    ),
    "matching": (
        "At equal reconstruction",
        "The KL weight at which a VAE gives back as many validation molecules as the regularized AE, found "
        "by bisection with trainings of a quarter of the steps, each beside one of that AE; then the full "
        "training. Where no line says yes, no weight was found, and the closest one was trained.",
    ),
    "compression": (
        "An AE as a compressor",
        "Codes rounded to a step, in bits a molecule (an upper bound), and how many molecules come back "
        "of them.",
    ),
    "generation": (
        "Can it generate?",
        "Draws of each sampler, decoded greedily. Strict: as the decoder wrote them, nothing repaired; "
        "any SELFIES decodes to something, so that all are valid says nothing. The floor is the FCD of "
        "molecules trained on.",
    ),
    "prior match": (
        "Do codes look like draws of the prior?",
        "Codes of unseen molecules beside draws of each sampler. MMD above what chance gives and a "
        "classifier that tells them apart in more than half of the cases both say no; coverage counts "
        "codes with a draw nearby.",
    ),
    "holes": (
        "Is there anything between the codes?",
        "Places that are decoded, encoded and decoded again. A cycle error is the distance to where the "
        "encoder puts what was decoded, in median distances of neighboring molecules; idempotent: the "
        "same molecule comes back.",
    ),
    "continuity": (
        "How far does likeness reach?",
        "Tanimoto similarity (ECFP4) of what is decoded around a molecule, by the distance (of a cube or a "
        "sphere: of the place in it that is decoded) in spreads of "
        "the codes and in distances of neighbors; r50 is the distance at which the median falls below one"
        " half.",
    ),
    "interpolation": (
        "What lies between two molecules?",
        "Eleven steps on straight lines between pairs of unseen molecules, the means over the pairs. A "
        "jump is 1 less the Tanimoto similarity of neighbors on the path.",
    ),
    "clusters": (
        "Do classes lie together?",
        "Balanced accuracy of probes that see codes alone, trained without classes; silhouette; and how "
        "much of the classes k-means finds.",
    ),
    "two classes": (
        "Two classes, and where unseen molecules land",
        "The two most common scaffolds: the distance of their centers in widths of a cluster and of "
        "q(z|x), and the share of unseen molecules of both whose nearest neighbors are of their own "
        "class.",
    ),
    "two classes placed": (
        "Two classes: who lands where?",
        "The confusion table: how many unseen molecules of each of the two scaffolds land among which.",
    ),
    "own classes": (
        "Your classes: do they lie apart?",
        "Molecules of the table of classes, none of them trained on, and no model was told their class. Half "
        "of each class say where it is, the others are placed: the share that lands among its own (five "
        "nearest), beside the share of the larger class. Distances are of the centers, in widths of a "
        "cluster and of q(z|x); probes see codes alone.",
    ),
    "own classes placed": (
        "Your classes: who lands where?",
        "How many of the molecules placed, by their class, land among which.",
    ),
    "own midpoints": (
        "Your classes: what is between?",
        "Places halfway between two molecules of one of the classes and of two, decoded.",
    ),
    "midpoints": (
        "What is between clusters?",
        "Places halfway between two molecules of one class and of two classes, decoded.",
    ),
    "landscape": (
        "Are properties smooth?",
        "What of logP and QED can be read off the codes of unseen molecules, by a ridge regression and a "
        "Gaussian process; ROGI-XD is the roughness of the landscape, lower is smoother.",
    ),
    "denoising": (
        "Are corrupted molecules mended?",
        "SELFIES with a share of their symbols replaced, left out or put in. Exact: the molecule itself "
        "comes back; among 21: it is one of the answers, one from the mean and 20 draws of q(z|x).",
    ),
    "optimization": (
        "Is it of use?",
        "The same search, CMA-ES in the latent space, for two objectives of PMO: mean score of the best ten "
        "molecules after equally many oracle calls, from the same unseen molecules, beside those of the "
        "starts and of as many molecules trained on; intervals are over the searches. Strict: what the "
        "decoder wrote as it stands; distinct: molecules not seen before in the search; new: not in the "
        "table that was trained on.",
    ),
    "differences": (
        "Which differences are there?",
        "Each arm less the first one, or less the one it was matched to, in some of the figures above. The "
        "interval is over molecules (or searches), each drawn with what both arms gave for it; where it "
        "holds 0, they do not tell the arms apart.",
    ),
}
