"""Writes libs/model/training/test/metrics/fixtures/metrics.json: metrics of seeded random rows by scikit-learn, SciPy and NumPy."""

import json
import sys
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

TARGET = Path(__file__).parents[2] / "libs/model/training/test/metrics/fixtures/metrics.json"
random = numpy.random.default_rng(20)


def classes(name, labels, predictions):
    """F1 is of class 1 against the rest."""
    return {
        "name": name,
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "accuracy": metrics.accuracy_score(labels, predictions),
        "f1": metrics.f1_score(labels == 1, predictions == 1, zero_division=0),
        "macroF1": metrics.f1_score(labels, predictions, average="macro", zero_division=0),
        "matthews": metrics.matthews_corrcoef(labels, predictions),
    }


def noisy_classes(name, rows, count, noise):
    labels = random.integers(0, count, rows)
    predictions = numpy.where(random.random(rows) < noise, random.integers(0, count, rows), labels)
    return classes(name, labels, predictions)


def values(name, labels, predictions):
    return {
        "name": name,
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "pearson": stats.pearsonr(labels, predictions).statistic,
        "spearman": stats.spearmanr(labels, predictions).statistic,
        "meanSquaredError": metrics.mean_squared_error(labels, predictions),
    }


def noisy_values(name, rows, decimals):
    labels = random.uniform(0, 5, rows).round(decimals)
    return values(name, labels, (labels + random.normal(0, 1, rows)).round(decimals))


def wilson(successes, trials, confidence):
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return {"successes": successes, "trials": trials, "confidence": confidence, "low": interval.low, "high": interval.high}


def quantiles(rows):
    data = random.exponential(3, rows).round(6)
    shares = [0, 0.025, 0.5, 0.9, 0.975, 0.99, 1]
    return {"values": data.tolist(), "shares": shares, "quantiles": numpy.quantile(data, shares).tolist()}


def bootstrap(rows, resamples):
    """The percentile interval of an accuracy and of a difference of accuracies; other random rows than ours, so only close."""
    labels = random.integers(0, 2, rows)
    system = numpy.where(random.random(rows) < 0.15, 1 - labels, labels)
    baseline = numpy.where(random.random(rows) < 0.1, 1 - system, system)

    def interval(statistic, data):
        found = stats.bootstrap(data, statistic, paired=True, vectorized=False, n_resamples=resamples, method="percentile", rng=1)
        return {"low": found.confidence_interval.low, "high": found.confidence_interval.high}

    accuracy = metrics.accuracy_score
    return {
        "labels": labels.tolist(),
        "system": system.tolist(),
        "baseline": baseline.tolist(),
        "accuracy": interval(accuracy, (labels, system)),
        "difference": interval(lambda gold, a, b: accuracy(gold, a) - accuracy(gold, b), (labels, system, baseline)),
        "matthews": interval(metrics.matthews_corrcoef, (labels, system)),
    }


def class_scores(labels, predictions, count):
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(count) if labels.ndim == 1 else None, zero_division=0
    )
    columns = {"precision": precision, "recall": recall, "f1": f1, "support": support}
    return [{name: float(column[i]) for name, column in columns.items()} for i in range(count)]


def reported_classes(name, rows, count, used, noise):
    """Of `count` classes only the first `used` are gold."""
    labels = random.integers(0, used, rows)
    predictions = numpy.where(random.random(rows) < noise, random.integers(0, count, rows), labels)
    return {
        "name": name,
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "classes": count,
        "scores": class_scores(labels, predictions, count),
        "confusion": metrics.confusion_matrix(labels, predictions, labels=range(count)).tolist(),
    }


def multi_label(name, labels, predictions):
    return {
        "name": name,
        "width": labels.shape[1],
        "labels": labels.flatten().tolist(),
        "predictions": predictions.flatten().tolist(),
        "microF1": metrics.f1_score(labels, predictions, average="micro", zero_division=0),
        "macroF1": metrics.f1_score(labels, predictions, average="macro", zero_division=0),
        "exactMatch": metrics.accuracy_score(labels, predictions),
        "scores": class_scores(labels, predictions, labels.shape[1]),
    }


def noisy_labels(name, rows, count, noise):
    labels = (random.random((rows, count)) < numpy.linspace(0.05, 0.6, count)).astype(int)
    return multi_label(name, labels, numpy.where(random.random((rows, count)) < noise, 1 - labels, labels))


document = {
    "provenance": f"tools/reference-fixtures/evaluation-metrics.py with Python {sys.version.split()[0]}, "
    f"scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, NumPy {numpy.__version__}",
    "classification": [
        noisy_classes("two classes", 60, 2, 0.4),
        noisy_classes("five classes", 90, 5, 0.5),
        classes("all right", numpy.array([0, 1, 2, 1]), numpy.array([0, 1, 2, 1])),
        classes("one class predicted", numpy.array([0, 1, 1, 0, 1]), numpy.array([1, 1, 1, 1, 1])),
        classes("class 1 nowhere", numpy.array([0, 2, 2]), numpy.array([0, 0, 2])),
        classes("a class only predicted", numpy.array([0, 1, 0, 1]), numpy.array([0, 3, 0, 1])),
    ],
    "regression": [
        noisy_values("no ties", 50, 6),
        noisy_values("many ties", 80, 0),
        values("falling", numpy.array([1.0, 2.0, 3.0, 5.0]), numpy.array([4.0, 2.0, 1.0, -3.0])),
    ],
    "wilson": [wilson(s, n, c) for s, n in [(0, 10), (10, 10), (700, 872), (1, 3)] for c in (0.9, 0.95, 0.99)],
    "quantiles": [quantiles(1), quantiles(2), quantiles(41)],
    "bootstrap": bootstrap(300, 4000),
    "classReports": [
        reported_classes("four classes", 80, 4, 4, 0.4),
        reported_classes("a class never gold", 40, 4, 3, 0.5),
        reported_classes("a class nowhere", 12, 5, 2, 0.1),
    ],
    "multiLabel": [
        noisy_labels("five labels", 70, 5, 0.2),
        noisy_labels("two labels", 30, 2, 0.3),
        multi_label("nothing predicted", numpy.array([[1, 0], [0, 0], [1, 1]]), numpy.zeros((3, 2), int)),
        multi_label("nothing anywhere", numpy.zeros((2, 3), int), numpy.zeros((2, 3), int)),
    ],
}
TARGET.write_text(json.dumps(document) + "\n")
