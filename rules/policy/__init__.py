"""The decision policy: from which surprise a segment of the traffic is reviewed, and from which declined."""
