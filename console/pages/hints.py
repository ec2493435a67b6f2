"""What the heading of a column means, shown when the pointer rests on it."""

HINTS = {
    "Rarity": "Of this many genuine payments, one scores as high. Rarer means more suspicious.",
    "Found by": "The episode, base, list or block that raised the alert.",
    "Reason": "The strongest reason. Rest the pointer on it for all of them.",
    "Flags": "Transactions that analysts flagged as fraud in this episode.",
    "Caught": "Alerts that the episode's detector raised.",
    "Flag to live": "From the flag until the detector scored on every partition.",
    "PSI": "Population stability index: below 0.1 the feature is stable, above 0.25 it has drifted.",
}
