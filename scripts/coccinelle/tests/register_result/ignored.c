// SPDX-License-Identifier: GPL-2.0-only
void void_function(struct timer_chip *s)
{
	kvm_io_bus_register_dev(s->kvm, KVM_PIO_BUS, 0x40, 4, &s->dev);
}

void conditional(struct timer_chip *s)
{
	if (s->present)
		kvm_io_bus_register(s->kvm, &s->dev, regions, 2);
}

int overwritten(struct timer_chip *s)
{
	int ret;

	ret = kvm_io_bus_register_dev(s->kvm, KVM_PIO_BUS, 0x40, 4, &s->dev);
	ret = kvm_io_bus_register_dev(s->kvm, KVM_PIO_BUS, 0x61, 1, &s->speaker);
	return ret;
}

int other_result(struct timer_chip *s)
{
	int ret;

	mutex_lock(&s->kvm->slots_lock);
	ret = kvm_io_bus_replace(s->kvm, &s->dev, regions, 2);
	mutex_unlock(&s->kvm->slots_lock);
	return 0;
}

void moved(struct timer_chip *s)
{
	kvm_io_bus_replace(s->kvm, &s->dev, regions, 2);
}
