"""How corrections go out: issued versions, ClaimReview, feeds, the plan log."""
