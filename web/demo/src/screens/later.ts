// What the page does not need for its first screen, in one piece: many small ones compress worse and take more journeys.

export { BlockQuestion } from "./blockquestion.tsx";
export { CodeForm } from "./codeform.tsx";
export { Elsewhere } from "./elsewhere.tsx";
export { GroupPage } from "./group.tsx";
export { GroupBar } from "./groupbar.tsx";
export { GroupsScreen } from "./groups.tsx";
export { LinkPage } from "./link.tsx";
export { LinksScreen } from "./links.tsx";
export { LinkThis } from "./linkthis.tsx";
export { OthersHere } from "./othershere.tsx";
export { OtherTab } from "./othertab.tsx";
export { PersonPage } from "./person.tsx";
export { RecentsScreen } from "./recents.tsx";
export { SettingsScreen } from "./settings.tsx";
export { SettingsPage } from "./settingspage.tsx";
export { Suspended } from "./suspended.tsx";
export { TermsBanner, TermsQuestion } from "./termspanel.tsx";
