"""What arrives: reports of citizens and articles of watched sources, and contact data kept apart."""

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId

TEXT_LIMIT = 10_000  # characters of the reported text
DOUBT_LIMIT = 2_000  # characters of "why doubtful"
URL_LIMIT = 2_000
CONTACT_LIMIT = 200
PIECES = 10  # of one report, the first included


class ArrivalKind(enum.StrEnum):
    """Who brought it."""

    REPORT = "report"  # a person sent it and holds a tracking code
    ARTICLE = "article"  # a watched source published it


class Channel(enum.StrEnum):
    """Through which door it came."""

    WEB = "web"
    API = "api"
    FEED = "feed"
    HOTLINE = "hotline"  # told on the telephone, taken down by an officer
    WALK_IN = "walk_in"  # told at the counter, taken down by an officer
    EMAIL = "email"  # a letter to the centre's inbox
    PARTNER = "partner"  # sent on by the portal of a partner, an organisation with a key of its own


class ArrivalState(enum.StrEnum):
    """Where it is on its way into a case."""

    RECEIVED = "received"  # durable, waits for triage
    TRIAGED = "triaged"  # belongs to a case
    SET_ASIDE = "set_aside"  # triage failed repeatedly; a person looks at it
    HELD = "held"  # waits at the door and opens no case until an officer, or a quieter hour, lets it in
    DISCARDED = "discarded"  # an officer found it to be junk; whoever holds its code still gets an answer


class HeldWhy(enum.StrEnum):
    """Why an arrival was held. About the sending, never about the sender."""

    NO_PROOF = "no_proof"  # during a flood, without proof of work: a browser without script, or a program
    TOO_FAST = "too_fast"  # sent sooner than anybody can read the form
    BAIT = "bait"  # filled in a field that no person sees
    MANY = "many"  # too many came from the same network within minutes
    WAVE = "wave"  # during a flood more than the desk can open; the most telling ones went first


class Joined(enum.StrEnum):
    """How an arrival came to its case."""

    OPENED = "opened"  # it opened the case
    EXACT = "exact"  # the same words, or the same link
    NEAR = "near"  # nearly the same words
    SIMILAR = "similar"  # other words, the same statement
    OFFICER = "officer"  # a person put it there
    PICTURE = "picture"  # the same picture, saved anew, cropped or with a banner


class SeenWhere(enum.StrEnum):
    """The kind of place where it circulates; never a person or an account."""

    FACEBOOK = "facebook"
    ZALO = "zalo"
    TIKTOK = "tiktok"
    YOUTUBE = "youtube"
    OTHER_SOCIAL = "other_social"
    WEBSITE = "website"
    PRESS = "press"
    MESSAGE = "message"  # SMS, e-mail, private chat
    SPOKEN = "spoken"
    OTHER = "other"


class Field(enum.StrEnum):
    """The eight fields of content of the national centre (tingia.gov.vn)."""

    POLICY = "chinh_sach_phap_luat"
    ECONOMY = "kinh_te_tai_chinh"
    HEALTH = "y_te"
    DISASTER = "thien_tai_dich_benh"
    SECURITY = "an_ninh_trat_tu"
    IMPERSONATION = "tai_khoan_gia_mao"
    PHISHING = "duong_link_lua_dao"
    OTHER = "linh_vuc_khac"


class Arrival(Base):
    """A report or an article. The row is the job: `state`, `attempts`, `next_try_at`, `last_error`."""

    __tablename__ = "arrivals"
    __table_args__ = (
        CheckConstraint("text <> '' OR url IS NOT NULL OR pictures > 0", name="content"),
        CheckConstraint(f"char_length(text) <= {TEXT_LIMIT}", name="text_limit"),
        CheckConstraint(f"char_length(doubt) <= {DOUBT_LIMIT}", name="doubt_limit"),
        CheckConstraint(
            f"url IS NULL OR (url ~* '^https?://' AND char_length(url) <= {URL_LIMIT})", name="url"
        ),
        # One code for all pieces of a report: the first piece holds it.
        CheckConstraint("(kind = 'report' AND piece_of IS NULL) = (code_digest IS NOT NULL)", name="code"),
        CheckConstraint("num_nonnulls(piece_of, piece_no) IN (0, 2)", name="piece_whole"),
        CheckConstraint(f"piece_no BETWEEN 2 AND {PIECES}", name="piece_no"),
        UniqueConstraint("piece_of", "piece_no"),
        CheckConstraint(
            "(channel IN ('hotline', 'walk_in')) = (taken_by_id IS NOT NULL)", name="taken_by_officer"
        ),
        CheckConstraint("read_back_at IS NULL OR taken_by_id IS NOT NULL", name="read_back"),
        CheckConstraint("(channel = 'partner') = (partner_id IS NOT NULL)", name="partner"),
        CheckConstraint("(state = 'triaged') = (case_id IS NOT NULL)", name="triaged_case"),
        CheckConstraint("(case_id IS NULL) = (joined IS NULL)", name="joined_whole"),
        CheckConstraint("state NOT IN ('held', 'discarded') OR held_why IS NOT NULL", name="held_why_given"),
        CheckConstraint("near_case_id IS NULL OR held_why IS NOT NULL", name="near_case"),
        Index("ix_arrivals_near_case", "near_case_id", postgresql_where=text("state = 'held'")),
        Index(
            "ix_arrivals_to_compare",
            "telling",
            postgresql_where=text("state = 'held' AND near_case_id IS NULL AND compared_to IS NOT NULL"),
        ),
        Index("ix_arrivals_held", "received_at", "id", postgresql_where=text("state = 'held'")),
        Index(
            "ix_arrivals_family",
            "family_id",
            "state",
            postgresql_where=text("family_id IS NOT NULL"),
        ),
        Index("ix_arrivals_unsifted", "id", postgresql_where=text("state = 'held' AND family_id IS NULL")),
        Index("ix_arrivals_waiting", "next_try_at", postgresql_where=text("state = 'received'")),
    )

    id: Mapped[BigId]
    kind: Mapped[ArrivalKind]
    channel: Mapped[Channel]
    code_digest: Mapped[bytes | None] = mapped_column(unique=True)
    content_digest: Mapped[bytes]
    text: Mapped[str]
    url: Mapped[str | None]
    seen_where: Mapped[SeenWhere | None]
    seen_on: Mapped[date | None]
    place_code: Mapped[str | None]
    place_text: Mapped[str] = mapped_column(default="")
    field: Mapped[Field | None]
    doubt: Mapped[str] = mapped_column(default="")
    pictures: Mapped[int] = mapped_column(default=0, server_default="0")  # as many rows in `pictures`
    language: Mapped[str] = mapped_column(default="vi")
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[ArrivalState] = mapped_column(default=ArrivalState.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    joined: Mapped[Joined | None]
    piece_of: Mapped[int | None] = mapped_column(ForeignKey("arrivals.id"))  # sent together with that one
    piece_no: Mapped[int | None]  # its place among the pieces; the first has none
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))  # who wrote down what was said
    read_back_at: Mapped[datetime | None]  # when it was read to the caller and found right
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"), index=True)
    held_why: Mapped[HeldWhy | None]  # stays once it is let in: nothing is held twice
    near_case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id")
    )  # the case it resembles, while held
    compared_to: Mapped[int | None] = mapped_column(BigInteger)  # the newest case then; 0: not yet; null: not
    family_id: Mapped[int | None] = mapped_column(ForeignKey("families.id", use_alter=True))
    telling: Mapped[int | None] = mapped_column(SmallInteger)  # 0..100, orders what waits; decides nothing
    proven: Mapped[bool] = mapped_column(default=False, server_default="false")  # with a proof of work
    demo: Mapped[bool] = mapped_column(default=False)


class Contact(Base):
    """How the reporter may be reached, encrypted with a key that the database never sees."""

    __tablename__ = "contacts"

    arrival_id: Mapped[int] = mapped_column(ForeignKey("arrivals.id", ondelete="CASCADE"), primary_key=True)
    ciphertext: Mapped[bytes]
    consented_at: Mapped[datetime]
    consent_version: Mapped[str]
    erase_after: Mapped[datetime] = mapped_column(index=True)
