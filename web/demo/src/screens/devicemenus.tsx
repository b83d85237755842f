import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type PlainKey, t } from "../lang/index.ts";
import { Select } from "../parts/field.tsx";
import { type DeviceKind, listDevices, mediaDevices } from "../state/mediadevices.ts";
import { prefs, setPrefs } from "../state/prefs.ts";

const labels: Readonly<Record<DeviceKind, PlainKey>> = {
  microphone: "devices.microphone",
  camera: "devices.camera",
  speaker: "devices.speaker",
};

/** DeviceMenus choose microphone, camera and, where the browser lets a page, the loudspeaker. */
export function DeviceMenus({ onChange }: { onChange?: () => void }): JSX.Element {
  useEffect(() => void listDevices(), []);
  const kinds: readonly DeviceKind[] = canChooseSpeaker()
    ? ["microphone", "camera", "speaker"]
    : ["microphone", "camera"];
  return (
    <div class="stack">
      {kinds.map((kind) => (
        <DeviceMenu key={kind} kind={kind} onChange={onChange} />
      ))}
    </div>
  );
}

function DeviceMenu({
  kind,
  onChange,
}: {
  kind: DeviceKind;
  onChange: (() => void) | undefined;
}): JSX.Element {
  const listed = mediaDevices.value.filter((one) => one.kind === kind);
  const chosen = prefs.value[kind] ?? "";
  return (
    <Select
      label={t(labels[kind])}
      value={listed.some(({ id }) => id === chosen) ? chosen : ""}
      options={[
        { value: "", name: t("devices.standard") },
        ...listed
          .filter(({ id }) => id !== "default" && id !== "communications")
          .map(({ id, name }, i) => ({
            value: id,
            name: name || t("devices.unnamed", { kind: t(labels[kind]), number: i + 1 }),
          })),
      ]}
      testid={`choose-${kind}`}
      onChange={(value) => {
        setPrefs({ [kind]: value === "" ? undefined : value });
        onChange?.();
      }}
    />
  );
}

function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
