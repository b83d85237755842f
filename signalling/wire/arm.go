package wire

// Arm is a part of an experiment. A call has drawn it by chance.
type Arm string

// The arms.
const (
	ArmControl Arm = "control" // as without the experiment
	ArmA       Arm = "a"
	ArmB       Arm = "b"
)

// Values lists all arms.
func (Arm) Values() []string { return []string{string(ArmControl), string(ArmA), string(ArmB)} }
