// SPDX-License-Identifier: GPL-2.0-only
int returned(struct timer_chip *s)
{
	return kvm_io_bus_register_dev(s->kvm, KVM_PIO_BUS, 0x40, 4, &s->dev);
}

int after_unlock(struct timer_chip *s)
{
	int ret;

	mutex_lock(&s->kvm->slots_lock);
	ret = kvm_io_bus_register(s->kvm, &s->dev, regions, 2);
	mutex_unlock(&s->kvm->slots_lock);
	return ret;
}

int on_one_path(struct timer_chip *s)
{
	int ret;

	ret = kvm_io_bus_register(s->kvm, &s->dev, regions, 2);
	if (s->optional)
		return 0;

	return ret;
}

void in_a_condition(struct timer_chip *s)
{
	if (kvm_io_bus_register(s->kvm, &s->dev, regions, 2))
		s->present = false;
}

void meant(struct timer_chip *s)
{
	(void)kvm_io_bus_register(s->kvm, &s->dev, regions, 2);
}

void kept(struct timer_chip *s)
{
	s->error = kvm_io_bus_register(s->kvm, &s->dev, regions, 2);
}

int each(struct timer_chip *s)
{
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = kvm_io_bus_register(s->kvm, &s->dev, &regions[i], 1);

	return ret;
}

int only_said(struct timer_chip *s)
{
	int ret;

	ret = kvm_io_bus_register(s->kvm, &s->dev, regions, 2);
	if (ret)
		pr_warn("no timer: %d\n", ret);

	return 0;
}
