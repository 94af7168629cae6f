"""All use cases of one installation, built once for whoever has a face for them."""

from dataclasses import dataclass

from idp.installation import Installation
from idp.operating.applications.apis import Apis
from idp.operating.applications.clients import Clients
from idp.operating.applications.guarded_hosts import GuardedHosts
from idp.operating.applications.initial_tokens import InitialTokens
from idp.operating.applications.logos import Logos
from idp.operating.applications.previews import Previews
from idp.operating.applications.streams import Streams
from idp.operating.branding import Branding
from idp.operating.directory.groups import DirectoryGroups
from idp.operating.directory.people import DirectoryPeople
from idp.operating.directory.tokens import DirectoryTokens
from idp.operating.keys import SigningKeys
from idp.operating.kinds import Kinds
from idp.operating.moving.applications import Applications
from idp.operating.moving.coming_in import Import
from idp.operating.moving.going_out import Export
from idp.operating.outbox import Outbox
from idp.operating.people.changing import Register
from idp.operating.people.helping import Helping
from idp.operating.people.import_jobs import ImportJobs
from idp.operating.people.importing import Importing
from idp.operating.people.looking import Directory
from idp.operating.rollout.forecasts import Forecasts
from idp.operating.rollout.mails import RolloutMails
from idp.operating.rollout.stages import Rollout
from idp.operating.settings_shown import SettingsShown
from idp.operating.shared_profiles import SharedProfiles
from idp.operating.trail import Trail


@dataclass(frozen=True)
class Cases:
    """What can be done, room by room."""

    apis: Apis
    branding: Branding
    clients: Clients
    applications: Applications
    export: Export
    forecasts: Forecasts
    guarded_hosts: GuardedHosts
    import_: Import
    logos: Logos
    previews: Previews
    initial_tokens: InitialTokens
    directory: Directory
    register: Register
    helping: Helping
    importing: Importing
    import_jobs: ImportJobs
    directory_people: DirectoryPeople
    directory_groups: DirectoryGroups
    directory_tokens: DirectoryTokens
    keys: SigningKeys
    kinds: Kinds
    outbox: Outbox
    rollout: Rollout
    rollout_mails: RolloutMails
    settings: SettingsShown
    streams: Streams
    shared_profiles: SharedProfiles
    trail: Trail


def of(installation: Installation) -> Cases:
    """Return the use cases of an installation: the same for every face that asks.

    What they bound, such as look-ups under way at once, they bound together.
    """
    return installation.only(Cases, lambda: _build(installation))


def _build(installation: Installation) -> Cases:
    apis, clients = Apis(installation), Clients(installation)
    applications = Applications(installation, clients)
    register, rollout = Register(installation), Rollout(installation)
    importing = Importing(installation)
    return Cases(
        apis=apis,
        branding=Branding(installation),
        clients=clients,
        applications=applications,
        export=Export(installation, clients),
        forecasts=Forecasts(installation),
        guarded_hosts=GuardedHosts(installation),
        import_=Import(apis, applications, importing, register, rollout),
        logos=Logos(installation),
        previews=Previews(installation),
        initial_tokens=InitialTokens(),
        directory=Directory(installation),
        register=register,
        helping=Helping(installation),
        importing=importing,
        import_jobs=ImportJobs(installation),
        directory_people=DirectoryPeople(installation),
        directory_groups=DirectoryGroups(installation),
        directory_tokens=DirectoryTokens(installation),
        keys=SigningKeys(installation),
        kinds=Kinds(installation),
        outbox=Outbox(installation),
        rollout=rollout,
        rollout_mails=RolloutMails(installation),
        settings=SettingsShown(installation),
        streams=Streams(installation),
        shared_profiles=SharedProfiles(installation),
        trail=Trail(),
    )
