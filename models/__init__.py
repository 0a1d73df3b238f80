"""The records (never "ML models"): tables, states, rules, migrations. Imports nothing of the house."""

from models.arrival import (
    Arrival,
    ArrivalKind,
    ArrivalState,
    Channel,
    Contact,
    Field,
    HeldWhy,
    Joined,
    SeenWhere,
)
from models.article import (
    Article,
    ArticleChange,
    ArticleVersion,
    Dropped,
    ItemKey,
    ItemState,
    PageState,
    SeenItem,
)
from models.audit import AuditCheckpoint, AuditDetail, AuditEntry
from models.base import Base
from models.calibration import BestGuess, Calibration
from models.capture import Capture, CaptureFailure, CaptureState, ReadableCopy
from models.case import MOVES, Case, CaseState, ClosedReason
from models.claim import ClaimOrigin, ConfirmedClaim
from models.correction import Correction, CorrectionKind
from models.encoding import FreshVector, ServingEncoder
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from models.evidence import Evidence, EvidenceKind, StoredCopy
from models.family import Family
from models.mailbox import Letter, LetterOutcome, Mailbox
from models.match import Band, Judgement, Match, Relation, Twin
from models.officer import Officer, OfficerSession, Role
from models.partner import Partner, PartnerKey, Scope
from models.passage import Passage
from models.picture import Picture, PictureKey, PictureOriginal, PictureState, PictureView, ViewSize
from models.plan import AgencySuccessor, PlanEntry, PlanTask
from models.proof import SpentProof
from models.rereading import Rereading
from models.source import (
    Alarm,
    Source,
    SourceAddress,
    SourceHost,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceState,
    SourceTakes,
    SourceTally,
    SourceTrial,
    SourceVisit,
    TrialState,
    VisitOutcome,
)
from models.verdict import Approval, Rating, ReasonCode, Verdict, VerdictState

__all__ = [
    "MOVES",
    "AgencySuccessor",
    "Alarm",
    "Approval",
    "Arrival",
    "ArrivalKind",
    "ArrivalState",
    "Article",
    "ArticleChange",
    "ArticleVersion",
    "AuditCheckpoint",
    "AuditDetail",
    "AuditEntry",
    "Band",
    "Base",
    "BestGuess",
    "Calibration",
    "Capture",
    "CaptureFailure",
    "CaptureState",
    "Case",
    "CaseState",
    "Channel",
    "ClaimOrigin",
    "ClosedReason",
    "ConfirmedClaim",
    "Conflict",
    "Contact",
    "Correction",
    "CorrectionKind",
    "Dropped",
    "Evidence",
    "EvidenceKind",
    "Family",
    "Field",
    "Forbidden",
    "FreshVector",
    "HeldWhy",
    "Invalid",
    "ItemKey",
    "ItemState",
    "Joined",
    "Judgement",
    "Letter",
    "LetterOutcome",
    "Mailbox",
    "Match",
    "NotFound",
    "Officer",
    "OfficerSession",
    "PageState",
    "Partner",
    "PartnerKey",
    "Passage",
    "Picture",
    "PictureKey",
    "PictureOriginal",
    "PictureState",
    "PictureView",
    "PlanEntry",
    "PlanTask",
    "Rating",
    "ReadableCopy",
    "ReasonCode",
    "Refusal",
    "Relation",
    "Rereading",
    "Role",
    "Scope",
    "SeenItem",
    "SeenWhere",
    "ServingEncoder",
    "Source",
    "SourceAddress",
    "SourceHost",
    "SourceKind",
    "SourceOwner",
    "SourceScope",
    "SourceState",
    "SourceTakes",
    "SourceTally",
    "SourceTrial",
    "SourceVisit",
    "SpentProof",
    "StoredCopy",
    "TrialState",
    "Twin",
    "Verdict",
    "VerdictState",
    "ViewSize",
    "VisitOutcome",
]
